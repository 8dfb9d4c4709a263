// What the client offers, and whether what the peer took up is enough. Pure.
import type { ResolvedClientOptions } from './client-options.js';
import { FileTransferError } from './errors.js';
import type { Cap } from './messages.js';

export function offeredCaps({ mode, integrity }: ResolvedClientOptions, { canBeBinary }: { canBeBinary: boolean }, isResumed: boolean): Cap[] {
  const caps: Cap[] = [];
  if (isResumed) caps.push('resume');
  if (integrity === 'sha256') caps.push('sha256');
  if (integrity !== 'none') caps.push('crc32');
  if (mode !== 'json' && canBeBinary) caps.push('binary');
  return caps;
}

/** What is missing, and whether that ends the transfer. */
export function unsupported(
  { mode, integrity, requireIntegrity }: ResolvedClientOptions,
  agreed: readonly Cap[],
  transferId: string,
): { error: FileTransferError; isFatal: boolean } | undefined {
  const say = (text: string): FileTransferError => new FileTransferError('ERR_FILE_NOT_SUPPORTED', text, { transferId });
  if (mode === 'binary' && !agreed.includes('binary')) return { error: say('the peer has no binary mode'), isFatal: true };
  if (integrity !== 'none' && !agreed.includes(integrity)) {
    return { error: say(`the peer cannot check ${integrity}`), isFatal: requireIntegrity };
  }
  return undefined;
}
