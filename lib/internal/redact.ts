// What is not shown, in errors and in the console: too much is hidden rather than too little.

const secretName = /secret|passw|pwd|token|credential|private|cookie|authorization|signature|key/i
// Names that sound like secrets and say nothing.
const harmless = /^(?:cookieName|idCookieName|csrfCookieName|maxCookieSize)$/

/** Whether what has this name is not for showing. */
export function isSecretName(name: string): boolean {
  return secretName.test(name) && !harmless.test(name)
}

/** A text with the passwords in its URLs hidden. */
export function withoutPassword(text: string): string {
  return text.replace(/(\w+:\/\/[^:/@\s]*:)[^@\s]+@/g, '$1hidden@')
}
