import { FOREIGN, almighty } from './places';
import type { Place, PlaceProps } from './places';
import { fill, requestOf } from './rows';
import type { Row } from './rows';
import { AccountAccess } from '../../../src';
import { decide } from '../../../src/authz';
import type { Decision } from '../../../src/authz';
import { executionRole } from '../../support/deployed';

/** The keys that every row is judged under. Where IAM decides, and where CloudFormation makes up the names, only what is to be allowed is certain. */
export const KEYS: Readonly<Record<string, PlaceProps & { readonly judges: readonly Row['expect'][] }>> = {
  'as it comes': { props: {}, named: true, judges: ['allow', 'deny'] },
  'with a contract': { props: { encryptionContext: { Project: 'Orders' }, contextKeys: ['tenant'] }, named: true, judges: ['allow', 'deny'] },
  'that IAM gives nothing of': { props: { accountAccess: AccountAccess.NONE }, named: true, judges: ['allow', 'deny'] },
  'that IAM gives, with a contract': {
    props: { accountAccess: AccountAccess.DELEGATE_TO_IAM, encryptionContext: { Project: 'Orders' }, contextKeys: ['tenant'] }, named: true, judges: ['allow'],
  },
  'of a resource without a name': { props: { encryptionContext: { Project: 'Orders' } }, named: false, judges: ['allow'] },
};

/** What is refused must be refused by the key: everybody's own policies allow everything then. */
export function judge(row: Row, { key, identities, values }: Place): Decision {
  const request = requestOf(fill(row, values), key);
  const deployer = almighty({ arn: executionRole() });
  const everybody = row.expect === 'deny' ? [...identities.map(almighty), almighty({ arn: FOREIGN })] : identities;
  return decide({ identities: [...everybody, deployer] }, request);
}
