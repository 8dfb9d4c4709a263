import { socketPair } from '@verb-tcp/testing';
import { describe, expect, it, vi } from 'vitest';
import { OptimizedBufferManager, type PoolError } from '../src/index.js';
import { realPair, settled, until } from './peers.js';

const code = (name: string): PoolError => expect.objectContaining({ name: 'PoolError', code: name }) as PoolError;

describe('getBuffer and returnBuffer', () => {
  it('use the same memory again', () => {
    const buffers = new OptimizedBufferManager();
    const first = buffers.getBuffer();
    expect(first).toHaveLength(64 * 1024);
    expect(Buffer.isBuffer(first)).toBe(true);
    buffers.returnBuffer(first);
    expect(buffers.freeBytes).toBe(64 * 1024);
    const second = buffers.getBuffer();
    expect(second.buffer).toBe(first.buffer);
    expect(buffers.freeBytes).toBe(0);
  });

  it('show nothing of one user to another, not even what was written after the return', () => {
    const buffers = new OptimizedBufferManager({ bufferSize: 100 });
    const first = buffers.getBuffer().fill('secret');
    buffers.returnBuffer(first);
    expect(first.every((byte) => byte === 0)).toBe(true);
    first.write('late secret');
    expect(buffers.getBuffer()).toEqual(Buffer.alloc(100));
    expect(buffers.getBuffer()).toEqual(Buffer.alloc(100));
    // Nor to or from Node's own shared slab.
    expect(first.buffer.byteLength).toBe(100);
  });

  it('leave bytes as they are with zero: false', () => {
    const buffers = new OptimizedBufferManager({ bufferSize: 6, zero: false });
    buffers.returnBuffer(buffers.getBuffer().fill('secret'));
    expect(String(buffers.getBuffer())).toBe('secret');
  });

  it('know a second return, also when the memory has a new user', () => {
    const buffers = new OptimizedBufferManager();
    const first = buffers.getBuffer();
    buffers.returnBuffer(first);
    expect(() => buffers.returnBuffer(first)).toThrow(code('ERR_POOL_BUFFER_DOUBLE_RETURN'));
    const second = buffers.getBuffer().fill(7);
    expect(() => buffers.returnBuffer(first)).toThrow(code('ERR_POOL_BUFFER_DOUBLE_RETURN'));
    expect(second.every((byte) => byte === 7)).toBe(true);
    expect(buffers.freeBytes).toBe(0);
    buffers.returnBuffer(second);
    expect(buffers.freeBytes).toBe(64 * 1024);
  });

  it('know a buffer that is not theirs', () => {
    const buffers = new OptimizedBufferManager();
    const other = new OptimizedBufferManager().getBuffer();
    const mine = buffers.getBuffer();
    for (const foreign of [Buffer.alloc(64 * 1024), other, mine.subarray(0), Buffer.from(mine.buffer)]) {
      expect(() => buffers.returnBuffer(foreign)).toThrow(code('ERR_POOL_BUFFER_FOREIGN'));
    }
    expect(buffers.freeBytes).toBe(0);
  });

  it('keep maxFreeBytes and no more', () => {
    const buffers = new OptimizedBufferManager({ bufferSize: 1000, maxFreeBytes: 2999 });
    const lent = Array.from({ length: 5 }, () => buffers.getBuffer());
    for (const buffer of lent) buffers.returnBuffer(buffer);
    expect(buffers.freeBytes).toBe(2000);
    expect(() => buffers.returnBuffer(lent[4] as Buffer)).toThrow(code('ERR_POOL_BUFFER_DOUBLE_RETURN'));
  });

  it('do without memory that its user has moved away', () => {
    const buffers = new OptimizedBufferManager();
    const buffer = buffers.getBuffer();
    structuredClone(buffer.buffer, { transfer: [buffer.buffer as ArrayBuffer] });
    buffers.returnBuffer(buffer);
    expect(buffers.freeBytes).toBe(0);
    expect(buffers.getBuffer()).toHaveLength(64 * 1024);
  });
});

describe('configureSocket', () => {
  class Collecting extends OptimizedBufferManager {
    readonly pieces: string[] = [];
    readonly used = new Set<Buffer>();

    override processData(data: Buffer, workBuffer: Buffer): number {
      const copied = super.processData(data, workBuffer);
      this.pieces.push(workBuffer.toString('utf8', 0, copied));
      this.used.add(workBuffer);
      return copied;
    }
  }

  it('sets the socket up as documented', async () => {
    const { socket, peer } = await realPair();
    const noDelay = vi.spyOn(socket, 'setNoDelay');
    const keepAlive = vi.spyOn(socket, 'setKeepAlive');
    const buffers = new Collecting();
    buffers.configureSocket(socket);
    expect(noDelay).toHaveBeenCalledWith(true);
    expect(keepAlive).toHaveBeenCalledWith(true, 60_000);
    peer.end('hello');
    await until(() => buffers.freeBytes > 0);
    expect(buffers.pieces.join('')).toBe('hello');
    expect(socket.listenerCount('data') + socket.listenerCount('error')).toBe(0);
  });

  it('gives every byte, in pieces that fit, with one buffer for each socket', async () => {
    const buffers = new Collecting({ bufferSize: 4 });
    const [peer, socket] = socketPair();
    buffers.configureSocket(socket);
    peer.write('0123456789');
    await settled();
    expect(buffers.pieces).toEqual(['0123', '4567', '89']);
    expect(buffers.used.size).toBe(1);
    expect(buffers.freeBytes).toBe(0);
    socket.destroy();
    await settled();
    expect(buffers.freeBytes).toBe(4);
  });

  it('takes text where setEncoding was called', async () => {
    const buffers = new Collecting();
    const [peer, socket] = socketPair();
    socket.setEncoding('utf8');
    buffers.configureSocket(socket);
    peer.write('é');
    await settled();
    expect(buffers.pieces).toEqual(['é']);
    socket.destroy();
  });

  it('ends the connection, not the process, where processData throws, and returns the buffer', async () => {
    class Failing extends OptimizedBufferManager {
      override processData(): number {
        throw new Error('mine');
      }
    }
    const buffers = new Failing({ bufferSize: 4 });
    const [peer, socket] = socketPair();
    buffers.configureSocket(socket);
    const error = new Promise((resolve) => socket.once('error', resolve));
    peer.write('0123456789');
    expect(await error).toEqual(new Error('mine'));
    await settled();
    expect(buffers.freeBytes).toBe(4);
  });

  it('leaves a destroyed socket alone, and does not mind a work buffer that was returned', async () => {
    const buffers = new OptimizedBufferManager();
    const [, gone] = socketPair();
    gone.destroy();
    buffers.configureSocket(gone);
    expect(gone.listenerCount('data')).toBe(0);
    class Returning extends OptimizedBufferManager {
      override processData(data: Buffer, workBuffer: Buffer): number {
        this.returnBuffer(workBuffer);
        return data.length;
      }
    }
    const returning = new Returning();
    const [peer, socket] = socketPair();
    returning.configureSocket(socket);
    peer.write('x');
    await settled();
    socket.destroy();
    await settled();
    expect(returning.freeBytes).toBe(64 * 1024);
  });
});
