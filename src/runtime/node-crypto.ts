import crypto from 'node:crypto';

/** node:crypto for envelopes, in one place and as a whole: each import statement and each name in it stands in every bundle. */
export { crypto };
