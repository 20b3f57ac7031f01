import { setImmediate as others } from 'node:timers/promises';
import { afterEach } from 'vitest';

// Vitest gives up a worker that does not answer for a minute; a file of many synchronous tests would never come to it.
afterEach(() => others());
