// Certificates made anew for each run: no key lies in the repository.
import { generate } from 'selfsigned';

/** A certificate that signs itself, and its key, both PEM. */
export interface Certificate {
  cert: string;
  key: string;
}

/** For `name`, and for 127.0.0.1 as well. */
export async function makeCertificate(name: string): Promise<Certificate> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'subjectAltName', altNames: [{ type: 2, value: name }, { type: 7, ip: '127.0.0.1' }] },
    ],
  });
  return { cert, key };
}
