import { jsonOf } from './claims';
import { EMBEDDED_KEYS } from './header';
import type { JsonObject } from './json-object';
import { invalid } from '../errors';

/** Members that a signer decides about, by its key and its options. */
const NOT_GIVEN = /* @__PURE__ */ EMBEDDED_KEYS.concat('alg', 'kid', 'typ', 'crit', 'b64');

/** Members of a header that a caller adds. @throws `ERR_KEYSMITH_INPUT` for those that the signer decides about */
export function headerMembers(header: object): JsonObject {
  // Within the call: the caller may change the object right after it.
  const members = JSON.parse(jsonOf(header, 'the members of the header')) as JsonObject;
  const taken = NOT_GIVEN.filter((name) => Object.hasOwn(members, name));
  if (taken.length) throw invalid(`'${taken.join("', '")}' in the header: the signer and its key decide about that`);
  return members;
}
