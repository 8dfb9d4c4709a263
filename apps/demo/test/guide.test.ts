import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { guide } from '../src/guide.js';

describe('the guide', () => {
  test.each([
    ['0.0.0.0', 8080, 8081, 8083, 8084, ['npm run mux\n', 'nc localhost 8080', 'npm run chat\n', 'nc localhost 8081', 'nc -q1 localhost 8083 |', '0.0.0.0, every interface']],
    ['127.0.0.1', 5, 6, 7, 8, ['npm run mux -- --port 8\n', 'nc localhost 5', 'npm run chat -- --port 6\n', 'nc localhost 6', 'nc -q1 localhost 7 |', '(address 127.0.0.1)']],
    ['::1', 8080, 8081, 8083, 8084, ['npm run mux -- --host ::1\n', 'nc ::1 8080', 'npm run chat -- --host ::1\n', 'nc -q1 ::1 8083 |', '(address [::1])']],
  ])('for %s names commands that reach it', (host, echo, chat, binary, mux, expected) => {
    const text = guide({ host, uploads: './uploads', ports: { echo, chat, files: 8082, binary, mux } });
    for (const part of expected) expect(text).toContain(part);
  });

  test('is what the README shows', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    expect(readme).toContain(guide({ host: '0.0.0.0', uploads: './uploads', ports: { echo: 8080, chat: 8081, files: 8082, binary: 8083, mux: 8084 } }));
  });

  test('fits one screen', () => {
    const lines = guide({ host: '0.0.0.0', uploads: './uploads', ports: { echo: 65_531, chat: 65_532, files: 65_533, binary: 65_534, mux: 65_535 } }).split('\n');
    expect(lines.length).toBeLessThanOrEqual(25);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
  });

  test('counts the bytes of the message that it shows', () => {
    const text = guide({ host: '0.0.0.0', uploads: './uploads', ports: { echo: 8080, chat: 8081, files: 8082, binary: 8083, mux: 8084 } });
    const [, length, message = ''] = /\n +(\d+)\n +(\{.*\})\n/.exec(text) ?? [];
    expect(Number(length)).toBe(Buffer.byteLength(`${message}\n`));
  });
});
