import { APP, iamStatement, policy, said, statement } from './support';

const refusedByKms = (change: object) => said(policy(statement(change)));
const refusedByIam = (change: object) => said(policy(iamStatement(change)), 'iam policy');

describe('a statement of a key policy is taken', () => {
  test.each<[string, object]>([
    ['without an action, which has no effect', { Action: undefined }],
    ['without a resource, which has no effect', { Resource: undefined }],
    ['with NotAction', { Action: undefined, NotAction: 'kms:Decrypt' }],
    ['with NotResource', { Resource: undefined, NotResource: '*' }],
    ['with NotPrincipal in a Deny', { Effect: 'Deny', Principal: undefined, NotPrincipal: { AWS: APP } }],
    ['with every action', { Action: '*' }],
    ['with actions of every service', { Action: '*:*' }],
    ['with an action of another service', { Action: ['kms:*', 's3:GetObject'] }],
    ['with wildcards in the name of an action', { Action: 'kms:?e*' }],
    ['with the service of an action in capitals', { Action: 'KMS:decrypt' }],
    ['with the ARN of a key', { Resource: 'arn:aws:kms:us-east-1:111122223333:key/*' }],
    ['with an empty Condition', { Condition: {} }],
  ])('%s', (_, change) => expect(refusedByKms(change)).toEqual([]));
});

describe('a statement of a key policy is refused', () => {
  test.each<[string, object, string]>([
    ['with Conditions', { Conditions: {} }, "statement 'Use', Conditions: there is no such element: write Condition"],
    ['with condition', { condition: {} }, "statement 'Use', condition: there is no such element: write Condition"],
    ['with actions', { actions: 'kms:*' }, 'actions: there is no such element: write Action'],
    ['with an element that resembles none', { Comment: 'x' }, 'Comment: there is no such element: a statement takes Sid, Effect, Principal'],
    ['with a Sid that is a number', { Sid: 1 }, "statement '#1', Sid: it is 1: it takes a text"],
    ['without an effect', { Effect: undefined }, 'Effect: it is missing: it is Allow or Deny'],
    ['with an effect in small letters', { Effect: 'allow' }, "Effect: 'allow' is no effect: it is Allow or Deny"],
    ['with a list of effects', { Effect: ['Allow'] }, 'Effect: a list is no effect'],
    ['with Action and NotAction', { NotAction: 'kms:Sign' }, 'NotAction: it stands beside Action: a statement has one of the two'],
    ['with Resource and NotResource', { NotResource: '*' }, 'NotResource: it stands beside Resource'],
    ['with Principal and NotPrincipal', { Effect: 'Deny', NotPrincipal: { AWS: APP } }, 'NotPrincipal: it stands beside Principal'],
    ['without a principal', { Principal: undefined }, 'Principal: a key policy says in every statement whom it speaks of: add Principal'],
    ['with NotPrincipal in an Allow', { Principal: undefined, NotPrincipal: { AWS: APP } }, 'NotPrincipal: it stands in an Allow: it is for Deny only'],
    ['with an empty list of actions', { Action: [] }, 'Action: its list is empty: it takes at least one text'],
    ['with an empty list of excepted actions', { Action: undefined, NotAction: [] }, 'NotAction: its list is empty'],
    ['with an empty list of resources', { Resource: [] }, 'Resource: its list is empty'],
    ['with an empty list of excepted resources', { Resource: undefined, NotResource: [] }, 'NotResource: its list is empty'],
    ['with a list in the list of actions', { Action: [['kms:Decrypt']] }, 'Action: it holds a list: it takes a text or a list of texts'],
    ['with a number among the actions', { Action: ['kms:Decrypt', 1] }, 'Action: it holds 1'],
    ['with null as an action', { Action: null }, 'Action: it holds null'],
    ['with an action without its service', { Action: 'Decrypt' }, "Action: 'Decrypt' is no action: it is <service>:<action> with a service written out, such as kms:Decrypt or kms:*"],
    ['with a service and an asterisk without a colon', { Action: 'kms*' }, "'kms*' is no action"],
    ['with a pattern as service', { Action: '?ms:*' }, "'?ms:*' is no action"],
    ['with part of a service and an asterisk', { Action: 'k*:Decrypt' }, "'k*:Decrypt' is no action"],
    ['with a service alone', { Action: 'kms:' }, "'kms:' is no action"],
    ['with two colons in an action', { Action: 'kms:Decrypt:x' }, "'kms:Decrypt:x' is no action"],
    ['with a blank in an action', { Action: 'kms: Decrypt' }, "'kms: Decrypt' is no action"],
    ['with an empty action', { Action: '' }, "'' is no action"],
    ['with a resource that is no ARN', { Resource: 'key/1234' }, "Resource: 'key/1234' is neither \"*\" nor an ARN with a service written out: in a key policy it is \"*\", which means the key"],
    ['with a resource of any service', { Resource: 'arn:aws:*:us-east-1:111122223333:key/x' }, 'is neither "*" nor an ARN'],
    ['with an ARN of no service', { Resource: 'arn:aws' }, 'is neither "*" nor an ARN'],
    ['with an object as resource', { Resource: { Ref: 'Key' } }, 'Resource: it holds an object'],
    ['with a text as condition', { Condition: 'never' }, "Condition: it is 'never': it takes an object of operators"],
  ])('%s', (_, change, message) => expect(refusedByKms(change).join('\n')).toContain(message));
});

describe('a statement of an IAM policy', () => {
  test.each<[string, object]>([
    ['with an incomplete ARN', { Resource: 'arn:aws:kms' }],
    ['with a variable in the last part of an ARN', { Resource: 'arn:aws:s3:::home/${aws:username}/*' }],
    ['with NotAction and NotResource', { Action: undefined, NotAction: 'iam:*', Resource: undefined, NotResource: 'arn:aws:s3:::x' }],
  ])('is taken %s', (_, change) => expect(refusedByIam(change)).toEqual([]));

  test.each<[string, object, string]>([
    ['with a principal', { Principal: { AWS: APP } }, 'Principal: an IAM policy names no principal: it speaks of those it is attached to'],
    ['with NotPrincipal', { Effect: 'Deny', NotPrincipal: '*' }, 'NotPrincipal: an IAM policy names no principal'],
    ['without an action', { Action: undefined }, 'Action: it is missing: add Action or NotAction'],
    ['without a resource', { Resource: undefined }, 'Resource: it is missing: add Resource or NotResource'],
    ['with blanks in its Sid', { Sid: 'My use' }, 'Sid: it has other characters than letters and digits'],
    ['with a variable before the fifth colon', { Resource: 'arn:aws:kms:us-east-1:${aws:PrincipalAccount}:key/x' }, 'is neither "*" nor an ARN'],
  ])('is refused %s', (_, change, message) => expect(refusedByIam(change).join('\n')).toContain(message));
});
