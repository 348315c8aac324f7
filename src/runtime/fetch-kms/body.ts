import { BLOB_MEMBER, MEMBER_WITH_BLOB, TIMESTAMP_MEMBER } from '../../spec/wire-members';
import { invalid, isKeysmithError } from '../errors';
import { binaryOf } from '../input';

/** Members of an input or output as the AWS SDK has them: `Uint8Array` for blobs, `Date` for timestamps. */
export type Members = Record<string, any>;

/**
 * The body of a request; that of one without members for null.
 *
 * @throws `ERR_KEYSMITH_INPUT` for a blob that is not of bytes: text would be taken for its base64; for what JSON cannot hold
 */
export const bodyOf = (input: Members | null | undefined): string => {
  try {
    return JSON.stringify(wireForm(input ?? {}));
  } catch (error) {
    throw isKeysmithError(error) ? error : invalid('no JSON can be made of the members', error);
  }
};

const wireForm = (members: Members): Members => Object.fromEntries(Object.entries(members).map(([name, value]) => [name, encoded(name, value)]));

const encoded = (name: string, value: unknown): unknown => {
  if (value === undefined || value === null) return undefined;
  if (BLOB_MEMBER.test(name)) return base64Of(binaryOf(value, `'${name}'`));
  if (name === MEMBER_WITH_BLOB) return wireForm(value);
  return value instanceof Date ? value.getTime() / 1000 : value;
};

const base64Of = ({ buffer, byteOffset, byteLength }: Uint8Array): string => Buffer.from(buffer, byteOffset, byteLength).toString('base64');

/** The members in the body of an answer, with their times; undefined for what is no JSON object. Operations without an output have an empty body. */
export const membersOf = (body: string): Members | undefined => {
  try {
    const members = JSON.parse(body || '{}', decodedTime) as unknown;
    return typeof members === 'object' && members && !Array.isArray(members) ? members : undefined;
  } catch {
    return undefined;
  }
};

const decodedTime = (name: string, value: unknown): unknown => (
  typeof value === 'number' && TIMESTAMP_MEMBER.test(name) ? new Date(Math.round(value * 1000)) : value
);

/** The members of an output, blobs as bytes. Not for errors, whose `Message` is text. */
export const outputOf = (members: Members): Members => Object.fromEntries(
  Object.entries(members).map(([name, value]) => [name, typeof value === 'string' && BLOB_MEMBER.test(name) ? bytesOfBase64(value) : value]),
);

/** In memory of their own: that of small Buffers is shared, and would keep a copy of a plaintext key that nobody overwrites. */
const bytesOfBase64 = (text: string): Uint8Array => {
  const bytes = new Uint8Array(Buffer.byteLength(text, 'base64'));
  return bytes.subarray(0, Buffer.from(bytes.buffer).write(text, 'base64'));
};
