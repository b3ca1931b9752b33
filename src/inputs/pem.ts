/** Certificates as PEM text: libpq takes all of a file or nothing, and Node.js passes in silence over what it cannot read. */
import { X509Certificate } from 'node:crypto'

/** From the beginning of its first line to the end of its last; of one that is cut off, all the rest. */
const block =
  /^.*-----BEGIN ((?:X509 |TRUSTED )?CERTIFICATE)-----(?:[\s\S]*?-----END \1-----.*|[\s\S]*)/gm

/** What is wrong with a text that has to hold certificates, as the end of a sentence; undefined for nothing. */
export function damageOfPem(text: string): string | undefined {
  const certificates = [...text.matchAll(block)].map(([found]) => found)
  if (certificates.length === 0) {
    return 'holds no certificate in PEM, which begins with "-----BEGIN CERTIFICATE-----"; "openssl x509 -inform der" makes PEM of a file in DER.'
  }
  const damaged = certificates.findIndex((certificate) => !isReadable(certificate))
  if (damaged === -1) return undefined
  const certificate = certificates[damaged]?.trim() ?? ''
  if (!certificate.includes('\n')) {
    return 'has lost its line breaks, without which PEM cannot be read; put the file into the secret as it is, with all its lines.'
  }
  return certificate.includes('-----END')
    ? `holds a certificate that cannot be read (number ${damaged + 1}): it is damaged, or its lines are indented or have blank ones between. Give the file as it is.`
    : `holds a certificate that is cut off (number ${damaged + 1}): its end, "-----END CERTIFICATE-----", is missing. Give the whole file.`
}

/** The certificates of a text, each whole and as it stands; what cannot be read is left out. */
export function readableCertificates(text: string): string[] {
  return [...text.matchAll(block)].map(([found]) => found).filter(isReadable)
}

function isReadable(certificate: string): boolean {
  try {
    return new X509Certificate(certificate).raw.length > 0
  } catch {
    return false
  }
}
