import { createCipheriv, createHash } from 'node:crypto';

/** Numbers that look random and are the same in every run (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Bytes that no compressor can shrink, as in photographs and archives; the same seed gives the same bytes. */
export function noise(seed: number, length: number): Buffer {
  const key = createHash('sha256').update(`noise ${seed}`).digest();
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(length));
}

const words = makeWords(4000);

/** Text that compresses about as well as source code and logs do: few words often, many seldom. */
export function prose(seed: number, length: number): Buffer {
  const random = randomNumbers(seed);
  const text = Buffer.alloc(length, ' ');
  for (let at = 0; at < length;) {
    const word = words[Math.floor(random() ** 3 * words.length)] ?? '';
    at += text.write(word, at, 'latin1') + 1;
    if (random() < 0.1 && at <= length) text[at - 1] = 0x0a;
  }
  return text;
}

function makeWords(count: number): readonly string[] {
  const random = randomNumbers(1);
  const letter = (): string => String.fromCharCode(97 + Math.floor(random() * 26));
  return Array.from({ length: count }, () => Array.from({ length: 3 + Math.floor(random() * 9) }, letter).join(''));
}
