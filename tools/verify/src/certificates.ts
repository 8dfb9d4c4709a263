// Certificates for one run, made by the openssl program in a folder that goes with the run: no key lies in the repository.
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const exec = promisify(execFile);

/** Paths for programs, texts for Node. */
export interface Certificate {
  readonly certFile: string;
  readonly keyFile: string;
  /** Both in one file, as HAProxy reads them. */
  readonly pairFile: string;
  readonly cert: string;
  readonly key: string;
}

export class Authority {
  readonly #folder: string;
  readonly own: Certificate;

  private constructor(folder: string, own: Certificate) {
    this.#folder = folder;
    this.own = own;
  }

  /** A new authority named `name`, which keeps its files in `folder`. */
  static async create(folder: string, name: string): Promise<Authority> {
    const extensions = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign'];
    return new Authority(folder, await make(folder, name, extensions));
  }

  /** A certificate for a server or a client; `names` as in `DNS:a.test` and `IP:127.0.0.1`. */
  issue(commonName: string, names: readonly string[] = []): Promise<Certificate> {
    const extensions = ['basicConstraints=critical,CA:FALSE', ...(names.length > 0 ? [`subjectAltName=${names.join(',')}`] : [])];
    return make(this.#folder, commonName, extensions, this.own);
  }
}

async function make(folder: string, commonName: string, extensions: readonly string[], by?: Certificate): Promise<Certificate> {
  // What the machine's own openssl.cnf would add must not depend on the machine.
  const config = join(folder, 'req.cnf');
  await writeFile(config, '[req]\ndistinguished_name = dn\n[dn]\n');
  const file = (kind: string): string => join(folder, `${commonName}.${kind}.pem`);
  const certificate = { certFile: file('cert'), keyFile: file('key'), pairFile: file('pair') };
  await exec('openssl', [
    'req', '-x509', '-config', config, '-days', '1', '-subj', `/CN=${commonName}`,
    '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', certificate.keyFile, '-out', certificate.certFile,
    ...extensions.flatMap((extension) => ['-addext', extension]),
    ...(by === undefined ? [] : ['-CA', by.certFile, '-CAkey', by.keyFile]),
  ]);
  const [cert, key] = await Promise.all([readFile(certificate.certFile, 'utf8'), readFile(certificate.keyFile, 'utf8')]);
  await writeFile(certificate.pairFile, cert + key, { mode: 0o600 });
  return { ...certificate, cert, key };
}
