import type { Golden, Json } from '../support/policies';
import { ADMINISTERS, allow, bare, HERE, keyTemplate, PARTNER, policyOf, role, ROOT } from '../support/policies';

const PARTNER_ROOT = `arn:aws:iam::${PARTNER}:root`;
const trusting = { trustedAccounts: [PARTNER] };
const FROM_ABROAD = { ParameterOfRole: { Type: 'String' } };
const withParameter = (template: Json, more: Json = {}): Json => ({ Parameters: { ParameterOfRole: { Type: 'String', ...more } }, ...template });

/** For everybody, under conditions. */
const everybody = (equals: Json = {}, condition: Json = { StringEquals: equals }): Json =>
  allow({ Principal: '*', Condition: Object.keys(equals).length === 0 && 'StringEquals' in condition ? undefined : condition });

/** A primary that exports its ARN, and a replica of what this refers to. */
const replica = (primaryKeyArn: unknown) => [
  { stack: 'Primary', template: { ...keyTemplate([], { MultiRegion: true }), Outputs: { Key: { Value: { 'Fn::GetAtt': ['Key', 'Arn'] }, Export: { Name: 'primary' } } } } },
  {
    stack: 'Replica',
    template: {
      Parameters: { Primary: { Type: 'String' } },
      Resources: { Replica: { Type: 'AWS::KMS::ReplicaKey', DeletionPolicy: 'Retain', Properties: { PrimaryKeyArn: primaryKeyArn, KeyPolicy: policyOf([ADMINISTERS]) } } },
    },
  },
];

export const PRINCIPALS: readonly Golden[] = [
  {
    rule: 'KP-00',
    hits: [
      { name: 'a principal that is a parameter', template: { Parameters: FROM_ABROAD, ...keyTemplate([allow({ Principal: { AWS: { Ref: 'ParameterOfRole' } } })]) }, statement: 'Use' },
      { name: 'an action that is imported', template: keyTemplate([allow({ Action: [{ 'Fn::ImportValue': 'Action' }] })]), statement: 'Use' },
      { name: 'a whole policy from elsewhere', template: keyTemplate([], { KeyPolicy: { 'Fn::ImportValue': 'Policy' } }) },
      { name: 'a whole policy that a macro among the properties makes', template: { Resources: { Key: { Type: 'AWS::KMS::Key', Properties: { 'Fn::Transform': { Name: 'AWS::Include' } } } } } },
      { name: 'a spec from elsewhere, by which rules are chosen', template: keyTemplate([allow()], { KeySpec: { 'Fn::ImportValue': 'Spec' } }), level: 'warning' },
      {
        name: 'a whole policy from elsewhere, beside one that names its account by digits',
        template: keyTemplate([], { KeyPolicy: { 'Fn::ImportValue': 'Policy' } }, {
          Other: { Type: 'AWS::KMS::Key', Properties: { KeyPolicy: policyOf([allow({ Principal: { AWS: 'arn:aws:iam::999988887777:root' }, Action: 'kms:*', Condition: undefined })]) } },
        }),
      },
      { name: 'a statement whose effect is a parameter', template: withParameter(keyTemplate([allow({ Effect: { Ref: 'ParameterOfRole' } })])), statement: '#2' },
      { name: 'a replica of a primary that its literal ARN does not lead to', template: {}, templates: replica('arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab'), level: 'warning' },
      { name: 'a replica of a primary that is a parameter', template: {}, templates: replica({ Ref: 'Primary' }), level: 'warning' },
      { name: 'a replica of an imported primary, whose export is in none of the templates', template: {}, templates: replica({ 'Fn::ImportValue': 'elsewhere' }), level: 'warning' },
      { name: 'a dynamic reference as principal', template: keyTemplate([allow({ Principal: { AWS: '{{resolve:ssm:/role}}' } })]), statement: 'Use' },
    ],
    misses: [
      { name: 'a parameter with a default', template: withParameter(keyTemplate([allow({ Principal: { AWS: { Ref: 'ParameterOfRole' } } })]), { Default: role('reader') }) },
      {
        name: 'a parameter whose value is given',
        template: withParameter(keyTemplate([allow({ Principal: { AWS: { Ref: 'ParameterOfRole' } } })])),
        read: { parameters: { ParameterOfRole: role('reader') } },
      },
      { name: 'a role of this account whose name is a parameter', template: withParameter(keyTemplate([allow({ Principal: { AWS: { 'Fn::Sub': 'arn:aws:iam::${AWS::AccountId}:role/${ParameterOfRole}' } } })])) },
      { name: 'a value of the encryption context from elsewhere, which can but narrow', template: keyTemplate([allow({ Condition: { StringEquals: { 'kms:EncryptionContext:tenant': { 'Fn::ImportValue': 'Tenant' } } } })]) },
      { name: 'a replica of a primary of another template', template: {}, templates: replica({ 'Fn::ImportValue': 'primary' }) },
      { name: 'a Deny of somebody unknown', template: withParameter(keyTemplate([allow({ Effect: 'Deny', Principal: { AWS: { Ref: 'ParameterOfRole' } } })])) },
    ],
    mutations: [{
      name: 'the role becomes a parameter',
      good: { template: keyTemplate([allow()]) },
      bad: { template: withParameter(keyTemplate([allow({ Principal: { AWS: { Ref: 'ParameterOfRole' } } })])) },
    }, {
      name: 'the export becomes a literal ARN',
      good: { template: {}, templates: replica({ 'Fn::ImportValue': 'primary' }) },
      bad: { template: {}, templates: replica('arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab') },
    }],
  },
  {
    rule: 'KP-01',
    hits: [
      { name: 'everybody', template: keyTemplate([everybody({ 'kms:EncryptionContext:tenant': 't1' })]), statement: 'Use', level: 'error' },
      { name: 'everybody but one account', template: keyTemplate([everybody({}, { StringNotEquals: { 'aws:PrincipalAccount': PARTNER } })]), statement: 'Use' },
      { name: 'everybody through a service', template: keyTemplate([everybody({ 'kms:ViaService': 's3.us-east-1.amazonaws.com' })]), statement: 'Use' },
      { name: 'everybody of any organization', template: keyTemplate([everybody({}, { StringLike: { 'aws:PrincipalOrgID': 'o-*' } })]), statement: 'Use', level: 'error' },
      { name: 'everybody of units of any organization', template: keyTemplate([everybody({}, { 'ForAnyValue:StringLike': { 'aws:PrincipalOrgPaths': '*/r-ab12/*' } })]), statement: 'Use', level: 'error' },
      { name: 'everybody of their own organization', template: keyTemplate([everybody({ 'aws:PrincipalOrgID': '${aws:PrincipalOrgID}' })]), statement: 'Use', level: 'error' },
      { name: 'everybody, where a Deny leaves out any organization', template: keyTemplate([everybody(), { Effect: 'Deny', Principal: '*', Action: 'kms:*', Resource: '*', Condition: { StringNotLike: { 'aws:PrincipalOrgID': 'o-*' } } }]), statement: 'Use', level: 'error' },
      { name: 'everybody if they have an account', template: keyTemplate([everybody({}, { StringLike: { 'kms:CallerAccount': '*' } })]), statement: 'Use' },
    ],
    misses: [
      { name: 'everybody of the own account', template: keyTemplate([everybody({ 'kms:CallerAccount': HERE })]) },
      { name: 'everybody of the organization', template: keyTemplate([everybody({ 'aws:PrincipalOrgID': 'o-aaaaaaaaaa' })]) },
      { name: 'everybody of the organization that the key is of', template: keyTemplate([everybody({ 'aws:PrincipalOrgID': '${aws:ResourceOrgID}' })]) },
      { name: 'everybody, where a Deny leaves out one organization', template: keyTemplate([everybody(), { Effect: 'Deny', Principal: '*', Action: 'kms:*', Resource: '*', Condition: { StringNotEquals: { 'aws:PrincipalOrgID': 'o-aaaaaaaaaa' } } }]) },
      { name: 'roles of the own account, by a pattern', template: keyTemplate([everybody({}, { ArnLike: { 'aws:PrincipalArn': `arn:aws:iam::${HERE}:role/*` } })]) },
      { name: 'everybody of a trusted account', template: keyTemplate([everybody({ 'kms:CallerAccount': PARTNER })]), options: trusting },
      { name: 'everybody, where a Deny keeps all others out', template: keyTemplate([everybody(), { Effect: 'Deny', Principal: '*', Action: 'kms:*', Resource: '*', Condition: { StringNotEquals: { 'kms:CallerAccount': HERE } } }]) },
      { name: 'everybody for another key', template: keyTemplate([{ ...everybody(), Resource: `arn:aws:kms:us-east-1:${HERE}:key/other` }]) },
    ],
    mutations: [{
      name: 'StringEquals becomes StringNotEquals',
      good: { template: keyTemplate([everybody({ 'kms:CallerAccount': HERE })]) },
      bad: { template: keyTemplate([everybody({}, { StringNotEquals: { 'kms:CallerAccount': HERE } })]) },
    }],
  },
  {
    rule: 'KP-02',
    hits: [
      { name: 'an Allow for all but one account', template: keyTemplate([allow({ Principal: undefined, NotPrincipal: { AWS: PARTNER_ROOT } })]), statement: 'Use' },
      { name: 'an Allow for all but one role, under an organization', template: keyTemplate([{ ...allow({ Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-aaaaaaaaaa' } } }), Principal: undefined, NotPrincipal: { AWS: role('x') } }]), statement: 'Use' },
    ],
    misses: [{ name: 'a Deny for all but one role', template: keyTemplate([{ ...allow({ Effect: 'Deny' }), Principal: undefined, NotPrincipal: { AWS: role('x') } }]) }],
    mutations: [{
      name: 'a Deny with NotPrincipal becomes an Allow',
      good: { template: keyTemplate([{ ...allow({ Effect: 'Deny' }), Principal: undefined, NotPrincipal: { AWS: role('x') } }]) },
      bad: { template: keyTemplate([{ ...allow(), Principal: undefined, NotPrincipal: { AWS: role('x') } }]) },
    }],
  },
  {
    rule: 'KP-05',
    hits: [
      { name: 'the root user of an account that nobody trusts', template: keyTemplate([allow({ Principal: { AWS: PARTNER_ROOT } })]), statement: 'Use', level: 'error' },
      { name: 'an account by its digits', template: keyTemplate([allow({ Principal: { AWS: PARTNER } })]), statement: 'Use' },
      { name: 'such an account, whose callers are of that account', template: keyTemplate([allow({ Principal: { AWS: PARTNER_ROOT }, Condition: { StringEquals: { 'aws:PrincipalAccount': PARTNER, 'kms:EncryptionContext:tenant': 't1' } } })]), statement: 'Use', level: 'error' },
      { name: 'one role of such an account, by a condition', template: keyTemplate([allow({ Principal: { AWS: PARTNER_ROOT }, Condition: { ArnEquals: { 'aws:PrincipalArn': role('reader', PARTNER) } } })]), statement: 'Use', level: 'error' },
      { name: 'a role of such an account among own ones', template: keyTemplate([allow({ Principal: { AWS: [role('reader'), role('reader', PARTNER)] } })]), statement: 'Use' },
    ],
    misses: [
      { name: 'a trusted account', template: keyTemplate([allow({ Principal: { AWS: role('reader', PARTNER) } })]), options: trusting },
      { name: 'such an account, of which nobody meets the condition', template: keyTemplate([allow({ Principal: { AWS: PARTNER_ROOT }, Condition: { StringEquals: { 'aws:PrincipalAccount': HERE } } })]) },
      { name: 'another account within the organization', template: keyTemplate([allow({ Principal: { AWS: role('reader', PARTNER) }, Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-aaaaaaaaaa', 'kms:EncryptionContext:tenant': 't1' } } })]) },
      {
        name: 'the own account by its digits, in a template that does not tell where it is deployed',
        template: bare([{ ...ADMINISTERS, Principal: { AWS: 'arn:aws:iam::777788889999:root' }, Action: 'kms:*' }, allow({ Principal: { AWS: 'arn:aws:iam::777788889999:role/reader' } })]),
      },
      { name: 'the account that the check is told to be at home in', template: bare([{ ...ADMINISTERS, Principal: { AWS: PARTNER_ROOT } }, allow({ Principal: { AWS: role('reader', PARTNER) } })]), options: { homeAccount: PARTNER } },
      { name: 'a Deny of another account', template: keyTemplate([allow({ Effect: 'Deny', Principal: { AWS: PARTNER_ROOT } })]) },
      {
        name: 'an account of another stack of the same deployment',
        template: {},
        templates: [{ template: keyTemplate([allow({ Principal: { AWS: role('reader', PARTNER) } })]) }, { stack: 'Other', account: PARTNER, template: { Resources: {} } }],
      },
    ],
    mutations: [{
      name: 'a digit of the account is mistyped',
      good: { template: keyTemplate([allow()]) },
      bad: { template: keyTemplate([allow({ Principal: { AWS: role('reader', '111122223334') } })]) },
    }],
  },
  {
    rule: 'KP-06',
    hits: [
      { name: 'the whole of a trusted account', template: keyTemplate([allow({ Principal: { AWS: PARTNER_ROOT } })]), options: trusting, statement: 'Use', level: 'warning' },
    ],
    misses: [
      { name: 'a role of it', template: keyTemplate([allow({ Principal: { AWS: role('reader', PARTNER) } })]), options: trusting },
      { name: 'the account for one role', template: keyTemplate([allow({ Principal: { AWS: PARTNER_ROOT }, Condition: { ArnEquals: { 'aws:PrincipalArn': role('reader', PARTNER) }, StringEquals: { 'kms:EncryptionContext:tenant': 't1' } } })]), options: trusting },
      { name: 'the account through one service', template: keyTemplate([allow({ Principal: { AWS: PARTNER_ROOT }, Condition: { StringEquals: { 'kms:ViaService': 's3.us-east-1.amazonaws.com' } } })]), options: trusting },
      { name: 'the own account', template: keyTemplate([allow({ Principal: { AWS: ROOT } })]) },
    ],
    mutations: [{
      name: 'the condition on the role goes',
      good: { template: keyTemplate([allow({ Principal: { AWS: PARTNER_ROOT }, Condition: { ArnEquals: { 'aws:PrincipalArn': role('reader', PARTNER) }, StringEquals: { 'kms:EncryptionContext:tenant': 't1' } } })]), options: trusting },
      bad: { template: keyTemplate([allow({ Principal: { AWS: PARTNER_ROOT } })]), options: trusting },
    }],
  },
  {
    rule: 'KP-07',
    hits: [{ name: 'an IAM user', template: keyTemplate([allow({ Principal: { AWS: `arn:aws:iam::${HERE}:user/alice` } })]), statement: 'Use', level: 'warning' }],
    misses: [
      { name: 'a role called user', template: keyTemplate([allow({ Principal: { AWS: role('user') } })]) },
      { name: 'a Deny of a user', template: keyTemplate([allow({ Effect: 'Deny', Principal: { AWS: `arn:aws:iam::${HERE}:user/alice` } })]) },
    ],
    mutations: [{
      name: 'a user joins the roles',
      good: { template: keyTemplate([allow({ Principal: { AWS: [role('reader')] } })]) },
      bad: { template: keyTemplate([allow({ Principal: { AWS: [role('reader'), `arn:aws:iam::${HERE}:user/ops/alice`] } })]) },
    }],
  },
];
