import { namesResource } from './row-statements';
import { GRANT_OPERATIONS } from '../spec/action-resources';
import { USE } from '../spec/actions';
import { existsOn } from '../spec/condition-keys';
import { ServiceCall, ServiceRowTime, ServiceUser } from '../spec/services';
import type { KmsServiceProps, ServiceRow } from '../spec/services';

const { THROUGH_SERVICE, AS_SERVICE, AS_ROLE } = ServiceCall;
const { GRANTED, GIVEN, NAMED, UNDER_GRANT } = ServiceRowTime;

/** In which ways KMS is asked for each user, and when its rows become statements. */
const ROWS: Readonly<Record<ServiceUser, { readonly shapes: readonly ServiceCall[]; readonly times: readonly ServiceRowTime[] }>> = {
  [ServiceUser.READER]: { shapes: [THROUGH_SERVICE], times: [GRANTED] },
  [ServiceUser.WRITER]: { shapes: [THROUGH_SERVICE], times: [GRANTED] },
  [ServiceUser.DEPLOYER]: { shapes: [THROUGH_SERVICE], times: [GIVEN, NAMED] },
  [ServiceUser.ASSUMED_ROLE]: { shapes: [THROUGH_SERVICE, AS_ROLE], times: [GRANTED, GIVEN, NAMED, UNDER_GRANT] },
  [ServiceUser.SERVICE_LINKED_ROLE]: { shapes: [THROUGH_SERVICE, AS_ROLE], times: [GIVEN, NAMED, UNDER_GRANT] },
  [ServiceUser.SERVICE]: { shapes: [AS_SERVICE], times: [GRANTED, GIVEN, NAMED] },
};

/** Actions of a key that serves an AWS service: symmetric encryption, and what goes with it. CreateGrant makes grants, which KMS retires for whoever holds them. */
const ACTIONS = [...Object.keys(USE).filter((action) => USE[action].includes('ENCRYPT_DECRYPT')), 'kms:DescribeKey', 'kms:CreateGrant', 'kms:ListGrants', 'kms:RevokeGrant'];

const CREATE_GRANT = 'kms:CreateGrant';
const PLACEHOLDERS = ['partition', 'region', 'account', 'urlSuffix', 'name', 'path', 'sender'];

/** What is wrong with how an app describes a service, a sentence each. */
export function problemsOf(service: KmsServiceProps): string[] {
  const { name, title, rows, keyProperties, resourceNames = [] } = service;
  const twice = rows.filter((row, i) => rows.some((other, j) => j < i && other.sid === row.sid && statementOf(other) !== statementOf(row)));
  return [
    ...refusing(!/^[A-Za-z0-9]{1,32}$/.test(name), `name '${name}' is no part of a statement id: use up to 32 letters and digits`),
    ...refusing(!title.trim(), 'it has no title'),
    ...refusing(!rows.length, 'it has no rows, and a view of it would let in nobody'),
    ...keyProperties.flatMap(({ resourceType, path }) => refusing(!isType(resourceType) || !path, `keyProperties has '${resourceType}' with path '${path}': name a type like AWS::S3::Bucket and a property of it`)),
    ...resourceNames.flatMap(({ resourceType, property }) => refusing(!isType(resourceType) || !property, `resourceNames has '${resourceType}' with property '${property}': name a type like AWS::S3::Bucket and a property of it`)),
    ...twice.map(({ sid }) => `two rows are called '${sid}' and say something else: a statement id is there once`),
    ...rows.flatMap((row) => problemsOfRow(row, service).map((problem) => `row '${row.sid}' ${problem}`)),
  ];
}

function problemsOfRow(row: ServiceRow, service: KmsServiceProps): string[] {
  const { sid, page, date } = row;
  return [
    ...refusing(!/^[A-Za-z0-9]{1,100}$/.test(sid), 'has no statement id of letters and digits'),
    ...refusing(!page?.trim() || !/^\d{4}-\d{2}-\d{2}$/.test(date), 'does not say which page says so (page) and when it was read there (date: \'2026-11-28\')'),
    ...problemsOfWho(row),
    ...problemsOfShape(row),
    ...problemsOfNaming(row, service),
    ...problemsOfActions(row),
    ...problemsOfTexts(row, service),
  ];
}

function problemsOfWho({ who, shape, when, principal, context, rolePath }: ServiceRow): string[] {
  const { shapes, times } = ROWS[who] ?? { shapes: [], times: [] };
  if (!shapes.length) return [`has who ${String(who)}: choose one of ${Object.values(ServiceUser).join(', ')}`];
  const isForAny = who === ServiceUser.SERVICE && when === GRANTED && context?.values?.some(namesResource) === true;
  const isFound = who === ServiceUser.ASSUMED_ROLE && rolePath !== undefined;
  const isUnasked = (when === GIVEN || when === NAMED) && who !== ServiceUser.DEPLOYER;
  const mustBeNamed = !isForAny && !isFound && (who === ServiceUser.SERVICE || isUnasked);
  return [
    ...refusing(!shapes.includes(shape), `has shape ${shape}, and a ${who} asks ${shapes.join(' or ')}`),
    ...refusing(!times.includes(when), `is ${when}, and rows of a ${who} are ${times.join(' or ')}`),
    ...refusing(when === UNDER_GRANT && shape !== AS_ROLE, 'is UNDER_GRANT, which is for calls in a role\'s own name (AS_ROLE)'),
    ...refusing(mustBeNamed && !principal, `is for a ${who} that nobody names: say its principal${who === ServiceUser.ASSUMED_ROLE ? ', or where resources name it (rolePath)' : ''}`),
    ...refusing(rolePath !== undefined && who !== ServiceUser.ASSUMED_ROLE, `has rolePath, and is for a ${who}: it tells a role that the service assumes`),
    ...refusing(isFound && when === GRANTED, 'is GRANTED and has rolePath: a role that resources name is found, and nobody grants it'),
    ...refusing(isFound && principal !== undefined, 'has principal and rolePath: one of them tells the role'),
    ...refusing(who === ServiceUser.SERVICE && principal !== undefined && !/^[a-z0-9.-]+(\.\{region\})?\.(amazonaws\.com|\{urlSuffix\})$/.test(principal), `has principal '${principal}': a service's is like 'logs.{region}.amazonaws.com'`),
    ...refusing(who !== ServiceUser.SERVICE && principal !== undefined && !/^arn:[^:*?]+:iam::[^:*?]+:role\/[^*?]+$/.test(principal), `has principal '${principal}': a role's is its ARN, 'arn:{partition}:iam::{account}:role/…'`),
  ];
}

function problemsOfShape({ shape, via, sourceArn, sourceAccount, context, actions }: ServiceRow): string[] {
  const through = shape === THROUGH_SERVICE;
  const looks = actions.every((action) => action === 'kms:DescribeKey'); // which gives a service nothing of anybody's
  const bound = looks || sourceArn !== undefined || sourceAccount !== undefined || context?.values !== undefined;
  return [
    ...refusing(through && !/^[a-z0-9-]+\.(\{region\}|\*)\.amazonaws\.com$/.test(via ?? ''), `goes through a service by via '${via ?? ''}': it is like 's3.{region}.amazonaws.com', in every partition`),
    ...refusing(!through && via !== undefined, `has via '${via}' and shape ${shape}: kms:ViaService is absent from such calls, so that it would allow nothing`),
    ...refusing(shape !== AS_SERVICE && (sourceArn !== undefined || sourceAccount !== undefined), `asks for a source and has shape ${shape}: services tell one in their own name (AS_SERVICE) only`),
    ...refusing(shape === AS_SERVICE && !bound, 'lets the service work for anybody: bind it by sourceArn, sourceAccount or values of its context'),
    ...refusing(shape === AS_ROLE && !context, 'cannot be told from direct calls of the role: say the context'),
  ];
}

function problemsOfNaming(row: ServiceRow, { keyProperties }: KmsServiceProps): string[] {
  const { who, when, namedIn, resourceTypes, having: wanted, sourceAccount, sourceAccountsIn } = row;
  const foreign = (resourceTypes ?? []).filter((type) => !keyProperties.some(({ resourceType }) => resourceType === type));
  return [
    ...refusing(when === NAMED && !namedIn?.length, 'is NAMED, and nothing says where other resources name one: add namedIn'),
    ...refusing(when !== NAMED && namedIn !== undefined, `is ${when} and has namedIn, which is for rows that are NAMED`),
    ...(namedIn ?? []).flatMap(({ resourceType, path }) => refusing(!isType(resourceType) || !path, `has namedIn '${resourceType}' with path '${path}': name a type like AWS::S3::BucketPolicy and a property of it`)),
    ...refusing((namedIn ?? []).some(({ unlessPath, senderPath }) => unlessPath === '' || senderPath === ''), 'has namedIn with an empty unlessPath or senderPath: leave it out'),
    ...refusing((namedIn ?? []).some(({ having, namedHaving }) => having?.path === '' || namedHaving?.path === ''), 'has namedIn with having or namedHaving of an empty path: leave it out'),
    ...refusing(wanted?.path === '', 'has having of an empty path: leave it out'),
    ...(namedIn ?? []).flatMap(({ actsBy }) => refusing(actsBy !== undefined && (!isType(actsBy.resourceType) || !actsBy.path), `has actsBy '${actsBy?.resourceType}' with path '${actsBy?.path}': name a type like AWS::S3::BucketPolicy and a property of it`)),
    ...refusing(who !== ServiceUser.ASSUMED_ROLE && (namedIn ?? []).some(({ actsBy }) => actsBy !== undefined), `has namedIn with actsBy, which tells where a role is, and is for a ${who}`),
    ...(namedIn ?? []).flatMap(({ policyPath, policyAction }) => [
      ...refusing(policyPath !== undefined && who !== ServiceUser.SERVICE, `has namedIn with policyPath, and a ${who} is no service principal that a policy could let in`),
      ...refusing(policyPath === undefined && policyAction !== undefined, 'has namedIn with policyAction and no policyPath'),
    ]),
    ...refusing(resourceTypes?.length === 0, 'has an empty list of resourceTypes: leave it out for all of them'),
    ...foreign.map((type) => `is about ${type}, which takes no key in keyProperties`),
    ...refusing(sourceAccountsIn !== undefined && sourceAccount === undefined, 'has sourceAccountsIn without sourceAccount'),
  ];
}

function problemsOfActions({ actions, context, grantOperations, shape, who, userActions, usersOf }: ServiceRow): string[] {
  const grants = actions.includes(CREATE_GRANT);
  const foreign = actions.filter((action) => !ACTIONS.includes(action));
  const withoutContext = actions.filter((action) => context && ACTIONS.includes(action) && !existsOn(`kms:EncryptionContext:${context.key}`, action));
  const operations = (grantOperations ?? []).filter((operation) => !(GRANT_OPERATIONS as readonly string[]).includes(operation));
  return [
    ...refusing(!actions.length, 'has no actions'),
    ...foreign.map((action) => `has '${action}', which is nothing that services ask of a symmetric key: spell out ${ACTIONS.slice(0, 3).join(', ')} …`),
    ...withoutContext.map((action) => `asks for a context of ${action}, whose requests carry none, so that KMS would deny it: give it a row of its own`),
    ...refusing(grants && actions.length > 1, `has ${CREATE_GRANT} beside other actions, which do not carry its conditions: give it a row of its own`),
    ...refusing(!grants && grantOperations !== undefined, `has grantOperations without ${CREATE_GRANT}`),
    ...refusing(grants && shape === AS_SERVICE && !grantOperations?.length, 'lets the service itself make any grant: say its grantOperations, like \'Decrypt\''),
    ...refusing(userActions !== undefined && who !== ServiceUser.READER && who !== ServiceUser.WRITER, `has userActions, and is for a ${who}: they tell readers and writers`),
    ...refusing(usersOf !== undefined && (!userActions || !usersOf), 'has usersOf without userActions, or without a property: they tell whose users are meant'),
    ...(userActions ?? []).flatMap((action) => refusing(!/^[a-z0-9-]+:[A-Za-z]+$/.test(action), `has '${action}' in userActions: spell out an action of IAM like 'logs:GetLogEvents'`)),
    ...operations.map((operation) => `has grant operation '${operation}': it is one of ${GRANT_OPERATIONS.join(', ')}`),
  ];
}

function problemsOfTexts(row: ServiceRow, { resourceNames, keyProperties }: KmsServiceProps): string[] {
  const { context, sourceArn, sourceAccount, principal, via, namedIn } = row;
  const values = [context?.values, ...context?.imported?.map((imported) => imported.values) ?? []].flatMap((texts) => texts ?? []);
  const perResource = sourceArn === undefined ? values : [...values, sourceArn];
  const arns = (namedIn ?? []).flatMap(({ arn }) => arn ?? []);
  const fixed = [sourceAccount, principal, via].filter((text) => text !== undefined);
  const placeholders = [...perResource, ...fixed, ...arns].flatMap((text) => [...text.matchAll(/\{([^}]*)\}/g)].map(([, placeholder]) => placeholder));
  const unknown = placeholders.filter((placeholder) => !PLACEHOLDERS.includes(placeholder));
  const types = [...new Set(keyProperties.map(({ resourceType }) => resourceType))];
  const named = resourceNames?.map(({ resourceType }) => resourceType) ?? [];
  const nameless = perResource.some(namesResource) && types.length > 0 && !types.some((type) => named.includes(type));
  return [
    ...refusing(context !== undefined && (!context.key || /^aws-crypto-/.test(context.key)), `has context key '${context?.key}', which no service sends`),
    ...refusing(context?.values?.length === 0, 'has a context with an empty list of values: leave it out for any value'),
    ...unknown.map((placeholder) => `has placeholder {${placeholder}}: there are {${PLACEHOLDERS.join('}, {')}}`),
    ...refusing([...values, ...fixed, ...arns].some((text) => text.includes('{sender}')), 'has {sender} where it has no meaning: it stands in sourceArn'),
    ...refusing(sourceArn?.includes('{sender}') === true && (row.who !== ServiceUser.SERVICE || row.when !== NAMED), 'has {sender} in sourceArn, and nothing says who sends: it is for rows of a SERVICE that are NAMED'),
    ...refusing(sourceArn?.includes('{sender}') === true && namesResource(sourceArn), 'names the sender and a resource that has the key in one sourceArn'),
    ...refusing(fixed.some(namesResource), 'names a resource where only the key\'s partition, Region and account are known'),
    ...refusing(nameless, `asks for the name of a resource, and nothing says which property of ${types.join(', ')} holds it: add it to resourceNames`),
  ];
}

/** What a row says in the key policy, whomever it is for. */
function statementOf({ shape, via, principal, actions, context, sourceArn, sourceAccount, grantOperations }: ServiceRow): string {
  return JSON.stringify([shape, via, principal, actions, context, sourceArn, sourceAccount, grantOperations]);
}

function isType(text: string): boolean {
  return /^\w+::\w+(::\w+)?$/.test(text);
}

function refusing(wrong: boolean, sentence: string): string[] {
  return wrong ? [sentence] : [];
}
