// The part of a client's address that it cannot change at will.

/**
 * Returns the key by which a client's address is limited: an IPv4 address, also from within an IPv6 one (`::ffff:192.0.2.1`), or
 * the /64 of an IPv6 address, which a provider gives to one customer.
 */
export function addressKey(address: string): string {
  const mapped = /^(?:0*:)*:?ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)
  if (mapped !== null) return mapped[1]!
  if (!address.includes(':')) return address
  const [bare = ''] = address.split('%', 1)
  if (!URL.canParse(`http://[${bare}]`)) return address
  // The parser of URLs writes it in its shortest form, in hexadecimal.
  const [head = '', tail] = new URL(`http://[${bare}]`).hostname.slice(1, -1).split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const groups = [...before, ...Array<string>(8 - before.length - after.length).fill('0'), ...after]
  if (groups.slice(0, 5).every((group) => group === '0') && groups[5] === 'ffff') return ipv4Of(groups[6]!, groups[7]!)
  return `${groups.slice(0, 4).join(':')}::/64`
}

function ipv4Of(high: string, low: string): string {
  return [high, low]
    .map((group) => Number.parseInt(group, 16))
    .flatMap((number) => [number >> 8, number & 255])
    .join('.')
}
