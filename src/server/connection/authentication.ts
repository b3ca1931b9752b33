/** libpq's `require_auth` and `channel_binding` for our own driver: the server is refused before a password is sent. */
import type pg from 'pg'

/** The methods that our driver knows, in libpq's words. */
const methods = ['none', 'password', 'md5', 'scram-sha-256'] as const
type Method = (typeof methods)[number]

/** Those that libpq knows and our driver does not. */
const others: readonly string[] = ['gss', 'sspi', 'oauth']

const descriptions: Readonly<Record<Method, string>> = {
  none: 'lets everybody in without a password',
  password: 'asks for the password in clear text',
  md5: 'asks for the password as an MD5 hash',
  'scram-sha-256': 'asks for SCRAM-SHA-256',
}

/**
 * The methods that a text of `require_auth` leaves (manual section 34.1.2): those that it lists, or with `!` in front all
 * others. Undefined for a text that libpq would refuse.
 */
export function acceptedMethods(requireAuth: string): ReadonlySet<string> | undefined {
  const words = requireAuth.split(',')
  const names = words.map((word) => word.replace(/^!/, ''))
  const negated = words.filter((word) => word.startsWith('!')).length
  const isKnown = (name: string) =>
    methods.some((method) => method === name) || others.includes(name)
  if (!names.every(isKnown) || (negated !== 0 && negated !== words.length)) return undefined
  return new Set(methods.filter((method) => names.includes(method) === (negated === 0)))
}

interface Connection {
  on(event: string, listener: (message: { readonly mechanisms?: readonly string[] }) => void): void
  emit(event: 'error', error: Error): void
  readonly stream: { destroy(): void }
}

export interface AuthenticationRules {
  readonly requireAuth?: string | undefined
  readonly channelBinding?: string | undefined
}

/** The code of the error that ends a connection whose server wants to do otherwise than the rules say. */
export const authenticationRefused = 'authentication-refused'

/** Ends the connection as soon as the server asks for what the rules forbid. To be called before the client connects. */
export function guardAuthentication(client: pg.Client, rules: AuthenticationRules): void {
  const { requireAuth } = rules
  const accepted = requireAuth === undefined ? undefined : acceptedMethods(requireAuth)
  const wantsBinding = rules.channelBinding === 'require'
  if (accepted === undefined && !wantsBinding) return
  const { connection } = client as unknown as { readonly connection: Connection }
  let asked: Method = 'none'
  let isProven = false
  const refuse = (message: string) => {
    // Before the driver reads on: what the server sends next may make it believe that all is well.
    connection.emit('error', Object.assign(new Error(message), { code: authenticationRefused }))
    connection.stream.destroy()
  }
  const judge = (method: Method) => {
    asked = method
    if (accepted?.has(method) === false) {
      refuse(`The server ${descriptions[method]}, and require_auth is "${requireAuth ?? ''}".`)
    } else if (wantsBinding && method !== 'scram-sha-256') {
      refuse(`The server ${descriptions[method]}, and channel_binding is "require".`)
    }
  }
  connection.on('authenticationCleartextPassword', () => {
    judge('password')
  })
  connection.on('authenticationMD5Password', () => {
    judge('md5')
  })
  connection.on('authenticationSASL', ({ mechanisms = [] }) => {
    judge('scram-sha-256')
    if (wantsBinding && !mechanisms.includes('SCRAM-SHA-256-PLUS')) {
      refuse('The server offers no channel binding, and channel_binding is "require".')
    }
  })
  connection.on('authenticationSASLFinal', () => {
    isProven = true
  })
  connection.on('authenticationOk', () => {
    if (asked === 'none') judge('none')
    else if (asked === 'scram-sha-256' && !isProven) {
      refuse('The server broke SCRAM-SHA-256 off before it had proven that it knows the password.')
    }
  })
}
