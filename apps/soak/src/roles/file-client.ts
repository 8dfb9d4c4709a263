// Puts files, and tells how that went.
import { connect } from 'node:net';
import { TCPFileTransferClient } from '@verb-tcp/file-transfer';
import { HOST } from '../dial.js';

export interface Put {
  /** `''`, or the code of the error. */
  code: string;
  resumedFrom: number;
  sha256: string;
  /** Milliseconds from the call to the first acknowledgement of a byte that was not there before. */
  firstByteMs: number;
}

export interface FileClientRole {
  put(port: number, path: string, name: string, transferId: string, chunkSize: number): Promise<Put>;
  /** The same file under so many names, at once, each over a connection of its own. How many arrived. */
  putMany(port: number, path: string, count: number): Promise<number>;
}

export function fileClient(_settings: object): FileClientRole {
  return {
    async put(port, path, name, transferId, chunkSize) {
      const client = new TCPFileTransferClient(connect(port, HOST).on('error', () => {}), { retries: [], chunkSize });
      const startedAt = performance.now();
      let firstByteMs = Infinity;
      try {
        const onProgress = ({ bytes, resumedFrom }: { bytes: number; resumedFrom: number }): void => {
          if (bytes > resumedFrom) firstByteMs = Math.min(firstByteMs, performance.now() - startedAt);
        };
        const { resumedFrom, sha256 = '' } = await client.upload(path, { name, transferId, onProgress });
        return { code: '', resumedFrom, sha256, firstByteMs };
      } catch (error) {
        return { code: (error as { code?: string }).code ?? String(error), resumedFrom: 0, sha256: '', firstByteMs };
      } finally {
        client.close();
      }
    },
    async putMany(port, path, count) {
      const puts = Array.from({ length: count }, async (_, index) => {
        const client = new TCPFileTransferClient(connect(port, HOST).on('error', () => {}), { retries: [] });
        await client.upload(path, { name: `many-${index}` }).finally(() => client.close());
      });
      return (await Promise.allSettled(puts)).filter(({ status }) => status === 'fulfilled').length;
    },
  };
}
