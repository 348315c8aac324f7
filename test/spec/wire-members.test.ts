import { BLOB_MEMBER, MEMBER_WITH_BLOB, TIMESTAMP_MEMBER } from '../../src/spec/wire-members';
import { membersOf, OPERATIONS } from '../runtime/fetch-kms/support/model';

/** Against the service model of KMS that the AWS SDK carries. */
const MEMBERS = OPERATIONS.flatMap(({ name, input, output }) => [
  ...membersOf(input).map((member) => ({ ...member, of: `input of ${name}` })), ...membersOf(output).map((member) => ({ ...member, of: `output of ${name}` })),
]);
const nameOf = ({ path }: typeof MEMBERS[number]) => path.at(-1)!;

test('the model has the operations and members that it is asked for', () => {
  expect(OPERATIONS.length).toBeGreaterThan(50);
  expect(new Set(MEMBERS.map(({ kind }) => kind))).toEqual(new Set(['blob', 'timestamp', 'number', 'other']));
});

test('blobs are told by their names, and nothing else has such a name', () => {
  for (const member of MEMBERS) expect([member, BLOB_MEMBER.test(nameOf(member))]).toEqual([member, member.kind === 'blob']);
});

test('blobs stand right in an input or output, or in a recipient', () => {
  for (const { path, kind } of MEMBERS) if (kind === 'blob') expect([[], [MEMBER_WITH_BLOB]]).toContainEqual(path.slice(0, -1));
});

test('timestamps are told by their names, and no other number has such a name', () => {
  for (const member of MEMBERS) {
    if (member.kind === 'timestamp' || member.kind === 'number') expect([member, TIMESTAMP_MEMBER.test(nameOf(member))]).toEqual([member, member.kind === 'timestamp']);
  }
});
