// x
export async function initCommand(_f: string, _o: object): Promise<void> {}
