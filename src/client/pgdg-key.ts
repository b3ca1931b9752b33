/** The key that signs the PostgreSQL project's apt repository, and the proof that a key is the one it should be. */
import { createHash } from 'node:crypto'
import { UpgradeError } from '../errors.js'

/** A key that a repository has to be signed with. */
export interface TrustedKey {
  /** 40 hexadecimal digits, upper case. */
  readonly fingerprint: string
  /** ASCII-armored public key. */
  readonly armored: string
}

/**
 * "PostgreSQL Debian Repository", as the Debian package postgresql-common ships it
 * in /usr/share/postgresql-common/pgdg/apt.postgresql.org.asc.
 */
export const pgdgKey: TrustedKey = {
  fingerprint: 'B97B0AFCAA1A47F044F244A07FCC7D46ACCC4CF8',
  armored: `-----BEGIN PGP PUBLIC KEY BLOCK-----

mQINBE6XR8IBEACVdDKT2HEH1IyHzXkb4nIWAY7echjRxo7MTcj4vbXAyBKOfjja
UrBEJWHN6fjKJXOYWXHLIYg0hOGeW9qcSiaa1/rYIbOzjfGfhE4x0Y+NJHS1db0V
G6GUj3qXaeyqIJGS2z7m0Thy4Lgr/LpZlZ78Nf1fliSzBlMo1sV7PpP/7zUO+aA4
bKa8Rio3weMXQOZgclzgeSdqtwKnyKTQdXY5MkH1QXyFIk1nTfWwyqpJjHlgtwMi
c2cxjqG5nnV9rIYlTTjYG6RBglq0SmzF/raBnF4Lwjxq4qRqvRllBXdFu5+2pMfC
IZ10HPRdqDCTN60DUix+BTzBUT30NzaLhZbOMT5RvQtvTVgWpeIn20i2NrPWNCUh
hj490dKDLpK/v+A5/i8zPvN4c6MkDHi1FZfaoz3863dylUBR3Ip26oM0hHXf4/2U
A/oA4pCl2W0hc4aNtozjKHkVjRx5Q8/hVYu+39csFWxo6YSB/KgIEw+0W8DiTII3
RQj/OlD68ZDmGLyQPiJvaEtY9fDrcSpI0Esm0i4sjkNbuuh0Cvwwwqo5EF1zfkVj
Tqz2REYQGMJGc5LUbIpk5sMHo1HWV038TWxlDRwtOdzw08zQA6BeWe9FOokRPeR2
AqhyaJJwOZJodKZ76S+LDwFkTLzEKnYPCzkoRwLrEdNt1M7wQBThnC5z6wARAQAB
tBxQb3N0Z3JlU1FMIERlYmlhbiBSZXBvc2l0b3J5iQJOBBMBCAA4AhsDBQsJCAcD
BRUKCQgLBRYCAwEAAh4BAheAFiEEuXsK/KoaR/BE8kSgf8x9RqzMTPgFAlhtCD8A
CgkQf8x9RqzMTPgECxAAk8uL+dwveTv6eH21tIHcltt8U3Ofajdo+D/ayO53LiYO
xi27kdHD0zvFMUWXLGxQtWyeqqDRvDagfWglHucIcaLxoxNwL8+e+9hVFIEskQAY
kVToBCKMXTQDLarz8/J030Pmcv3ihbwB+jhnykMuyyNmht4kq0CNgnlcMCdVz0d3
z/09puryIHJrD+A8y3TD4RM74snQuwc9u5bsckvRtRJKbP3GX5JaFZAqUyZNRJRJ
Tn2OQRBhCpxhlZ2afkAPFIq2aVnEt/Ie6tmeRCzsW3lOxEH2K7MQSfSu/kRz7ELf
Cz3NJHj7rMzC+76Rhsas60t9CjmvMuGONEpctijDWONLCuch3Pdj6XpC+MVxpgBy
2VUdkunb48YhXNW0jgFGM/BFRj+dMQOUbY8PjJjsmVV0joDruWATQG/M4C7O8iU0
B7o6yVv4m8LDEN9CiR6r7H17m4xZseT3f+0QpMe7iQjz6XxTUFRQxXqzmNnloA1T
7VjwPqIIzkj/u0V8nICG/ktLzp1OsCFatWXh7LbU+hwYl6gsFH/mFDqVxJ3+DKQi
vyf1NatzEwl62foVjGUSpvh3ymtmtUQ4JUkNDsXiRBWczaiGSuzD9Qi0ONdkAX3b
ewqmN4TfE+XIpCPxxHXwGq9Rv1IFjOdCX0iG436GHyTLC1tTUIKF5xV4Y0+cXIM=
=oiB/
-----END PGP PUBLIC KEY BLOCK-----
`,
}

/** Throws `client-signature` unless the armored text holds one primary key, the one with the fingerprint. */
export function assertFingerprint(key: TrustedKey): void {
  const found = primaryFingerprints(key.armored)
  if (found.length === 1 && found[0] === key.fingerprint) return
  throw new UpgradeError(
    `The repository's key is not the expected one: it has the fingerprint ${found.join(', ')}, not ${key.fingerprint}.`,
    { code: 'client-signature', side: 'runner' },
  )
}

/** The fingerprints of the version 4 primary keys in an armored text (RFC 4880, sections 4.2, 6.2 and 12.2). */
export function primaryFingerprints(armored: string): string[] {
  const fingerprints: string[] = []
  let bytes = readArmor(armored)
  while (bytes.length > 0) {
    const packet = readPacket(bytes)
    if (packet.tag === publicKeyTag) {
      const length = Buffer.alloc(2)
      length.writeUInt16BE(packet.body.length)
      const hash = createHash('sha1').update(Buffer.of(0x99)).update(length).update(packet.body)
      fingerprints.push(hash.digest('hex').toUpperCase())
    }
    bytes = packet.rest
  }
  return fingerprints
}

const publicKeyTag = 6

function readArmor(armored: string): Buffer {
  const lines = armored.split('\n').map((line) => line.trim())
  const start = lines.indexOf(
    '',
    lines.findIndex((line) => line.startsWith('-----BEGIN')),
  )
  const end = lines.findIndex((line) => line.startsWith('-----END'))
  const body = lines.slice(start + 1, end).filter((line) => !line.startsWith('='))
  return Buffer.from(body.join(''), 'base64')
}

interface Packet {
  readonly tag: number
  readonly body: Buffer
  readonly rest: Buffer
}

function readPacket(bytes: Buffer): Packet {
  const header = bytes[0] ?? 0
  const isNewFormat = (header & 0x40) !== 0
  const { size, length } = isNewFormat ? newLength(bytes) : oldLength(bytes, header & 0x03)
  const tag = isNewFormat ? header & 0x3f : (header >> 2) & 0x0f
  const end = 1 + size + length
  return { tag, body: bytes.subarray(1 + size, end), rest: bytes.subarray(end) }
}

function oldLength(bytes: Buffer, type: number): { size: number; length: number } {
  const size = 1 << type
  return { size, length: type === 3 ? bytes.length : bytes.readUIntBE(1, size) }
}

function newLength(bytes: Buffer): { size: number; length: number } {
  const first = bytes[1] ?? 0
  if (first < 192) return { size: 1, length: first }
  if (first < 224) return { size: 2, length: ((first - 192) << 8) + (bytes[2] ?? 0) + 192 }
  return { size: 5, length: bytes.readUInt32BE(2) }
}
