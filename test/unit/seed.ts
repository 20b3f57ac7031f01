import fc from 'fast-check';

// Each run tests the same, so that what is red stays red until it is mended; LIFEBOAT_SEED=$RANDOM looks elsewhere.
fc.configureGlobal({ seed: Number(process.env['LIFEBOAT_SEED'] ?? 20_261_123) });
