// What every transfer is asked before it begins, whichever way it goes, and how a beginning that fails is told.
import { asTransferError, withTransferId, wireError, type FileTransferError } from './errors.js';
import type { CompletedTransfer, TransferInfo } from './events.js';
import { findBadFilename } from './file-name.js';
import type { Cap } from './messages.js';
import type { ResolvedServerOptions } from './options.js';
import type { Session } from './session.js';

/** Told by uploads and downloads. */
export interface TransfersOwner {
  readonly isClosing: boolean;
  /** Downloads and what is starting included. */
  countTransfers(): number;
  tell(event: 'start' | 'progress', info: TransferInfo): void;
  tellComplete(info: CompletedTransfer): void;
  tellError(error: FileTransferError, info?: TransferInfo): void;
  onIdle(): void;
}

/** What the server can on this connection. */
export function capsOn(session: Session): readonly Cap[] {
  return session.canBeBinary ? ['resume', 'sha256', 'crc32', 'binary'] : ['resume', 'sha256', 'crc32'];
}

/** @throws {FileTransferError} `shutting_down`, `duplicate_transfer`, `bad_filename` */
export function checkNew(
  session: Session,
  { transferId, filename }: { readonly transferId: string; readonly filename: string },
  { allowDotfiles }: ResolvedServerOptions,
  owner: TransfersOwner,
): void {
  if (owner.isClosing) throw wireError('shutting_down', 'the server is closing');
  const isKnown = session.receivers.has(transferId) || session.senders.has(transferId) || session.starting.has(transferId);
  if (isKnown) throw wireError('duplicate_transfer', 'a transfer with this id is under way');
  const reason = findBadFilename(filename, allowDotfiles);
  if (reason !== undefined) throw wireError('bad_filename', `that name cannot be used: ${reason}`, { reason });
}

/** @throws {FileTransferError} `too_many_transfers` */
export function checkRoom(session: Session, { maxTransfers, maxTransfersPerConnection }: ResolvedServerOptions, owner: TransfersOwner): void {
  const isFull = owner.countTransfers() >= maxTransfers || session.transfers >= maxTransfersPerConnection;
  if (isFull) throw wireError('too_many_transfers', 'there are too many transfers');
}

/** What somebody asks for. */
export type Wish = Pick<TransferInfo, 'transferId' | 'filename' | 'direction' | 'fileSize'>;

/** Begins a transfer: `check` throws where it may not be; while `open` runs its id counts as taken. Never rejects. */
export async function begin(session: Session, owner: TransfersOwner, wish: Wish, check: () => void, open: () => Promise<void>): Promise<void> {
  const { transferId, filename, direction, fileSize } = wish;
  try {
    check();
    session.starting.add(transferId);
    await open().finally(() => session.starting.delete(transferId));
  } catch (error) {
    const known = withTransferId(asTransferError(error, transferId), transferId);
    session.sendError(known);
    const { socket, isBinary } = session;
    owner.tellError(known, { transferId, filename, direction, fileSize, bytes: 0, resumedFrom: 0, mode: isBinary ? 'binary' : 'json', socket });
  } finally {
    session.endWhenIdle();
  }
}
