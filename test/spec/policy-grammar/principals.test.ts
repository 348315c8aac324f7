import { APP, policy, said, statement } from './support';

const about = (Principal: unknown) => said(policy(statement({ Principal })));
const iam = (resource: string) => `arn:aws:iam::111122223333:${resource}`;
const sts = (resource: string) => `arn:aws:sts::111122223333:${resource}`;

describe('a key policy can name', () => {
  test.each<[string, unknown]>([
    ['everyone', '*'],
    ['everyone, as AWS', { AWS: '*' }],
    ['an account by its ARN', { AWS: iam('root') }],
    ['an account by its id', { AWS: '111122223333' }],
    ['a role', { AWS: APP }],
    ['a role with a path', { AWS: iam('role/service-role/App') }],
    ['a service-linked role', { AWS: iam('role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling') }],
    ['a user with every character that names take', { AWS: iam('user/a+b=c,d.e@f-g_h') }],
    ['a role session', { AWS: sts('assumed-role/App/s1') }],
    ['a federated user', { AWS: sts('federated-user/bob') }],
    ['a role of China', { AWS: 'arn:aws-cn:iam::111122223333:role/App' }],
    ['a role of GovCloud', { AWS: 'arn:aws-us-gov:iam::111122223333:role/App' }],
    ['a role that was deleted, by its unique id', { AWS: 'AROADBQP57FF2AEXAMPLE' }],
    ['a service', { Service: 'cloudtrail.amazonaws.com' }],
    ['a service of a Region and one of China', { Service: ['logs.us-east-1.amazonaws.com', 'ec2.amazonaws.com.cn'] }],
    ['several of both kinds', { AWS: [APP, iam('user/bob')], Service: 'sns.amazonaws.com' }],
  ])('%s', (_, principal) => expect(about(principal)).toEqual([]));
});

describe('a key policy cannot name', () => {
  test.each<[string, unknown, string]>([
    ['nobody', {}, 'Principal: it names nobody: it takes at least one principal'],
    ['an empty list', { AWS: [] }, 'its list of AWS principals is empty'],
    ['a text that is not "*"', APP, `it is '${APP}': it takes "*" or an object`],
    ['a list', ['*'], 'it is a list'],
    ['a kind in small letters', { aws: APP }, "'aws' is no kind of principal: it takes AWS or Service"],
    ['another kind', { Group: 'x' }, "'Group' is no kind of principal"],
    ['an identity provider', { Federated: 'cognito-identity.amazonaws.com' }, 'a key policy names no Federated principals'],
    ['a canonical user', { CanonicalUser: '79a59d' }, 'a key policy names no CanonicalUser principals'],
    ['a number', { AWS: 111122223333 }, '111122223333 is no text'],
    ['a list in a list', { AWS: [[APP]] }, 'a list is no text'],
    ['a user group', { AWS: iam('group/devs') }, `'${iam('group/devs')}' is a user group, which no policy can name: name the role that its users take on`],
    ['all roles of an account', { AWS: iam('role/*') }, 'has a wildcard: a principal is named whole; name the account, and ArnLike aws:PrincipalArn as a condition'],
    ['roles by a question mark', { AWS: iam('role/App?') }, 'has a wildcard'],
    ['sessions by an asterisk', { AWS: sts('assumed-role/App/*') }, 'has a wildcard'],
    ['a role without a name', { AWS: iam('role') }, 'names no role: write role/Name'],
    ['a role with an empty name', { AWS: iam('role/') }, 'names no role: write role/Name'],
    ['a user without a name', { AWS: iam('user') }, 'names no user: write user/Name'],
    ['a role with a blank in its name', { AWS: iam('role/My App') }, 'names no role'],
    ['an instance profile', { AWS: iam('instance-profile/web') }, 'is no principal: of iam root, user/Name or role/Name is one'],
    ['a managed policy', { AWS: iam('policy/readers') }, 'is no principal'],
    ['an identity provider by its ARN', { AWS: iam('saml-provider/corp') }, 'is no principal'],
    ['a session without a name', { AWS: sts('assumed-role/App') }, 'is no role session: write assumed-role/Role/Session, or the role itself'],
    ['a role of sts', { AWS: sts('role/App') }, 'is no principal: of sts assumed-role/Role/Session or federated-user/Name is one'],
    ['an account of 9 digits in an ARN', { AWS: 'arn:aws:iam::111122223:role/app' }, "has the account '111122223': an account id has 12 digits"],
    ['an account id of 11 digits', { AWS: '11112222333' }, "'11112222333' has 11 digits: an account id has 12"],
    ['an ARN with a colon missing', { AWS: 'arn:aws:iam:111122223333:role/app' }, 'has too few parts'],
    ['an ARN with a Region', { AWS: 'arn:aws:iam:us-east-1:111122223333:role/app' }, "has the Region 'us-east-1': ARNs of principals have none"],
    ['an ARN of no partition', { AWS: 'arn::iam::111122223333:role/app' }, "has the partition ''"],
    ['a function in place of its role', { AWS: 'arn:aws:lambda:eu-west-1:111122223333:function:app' }, "is of the service 'lambda'"],
    ['a bucket', { AWS: 'arn:aws:s3:::bucket' }, "is of the service 's3'"],
    ['a name in place of an ARN', { AWS: 'App' }, "'App' is neither an ARN nor an account id nor \"*\": write arn:aws:iam::111122223333:role/Name"],
    ['a service in place of a role', { AWS: 'lambda.amazonaws.com' }, 'is neither an ARN nor an account id'],
    ['the unique id of a group', { AWS: 'AGPADBQP57FF2AEXAMPLE' }, 'is neither an ARN nor an account id'],
    ['an ARN with a blank before it', { AWS: ` ${APP}` }, 'is neither an ARN nor an account id'],
    ['a bad one beside a good one', { AWS: [APP, 'garbage'] }, "'garbage' is neither an ARN"],
    ['every service', { Service: '*' }, "'*' has a wildcard: a service is named whole"],
    ['services by an asterisk', { Service: '*.amazonaws.com' }, 'has a wildcard'],
    ['a service by its short name', { Service: 's3' }, "'s3' is no service principal: they look like logs.us-east-1.amazonaws.com"],
    ['a role as a service', { Service: APP }, 'is no service principal'],
  ])('%s', (_, principal, message) => expect(about(principal).join('\n')).toContain(message));

  test('the same in NotPrincipal', () => {
    expect(said(policy(statement({ Effect: 'Deny', Principal: undefined, NotPrincipal: { AWS: iam('group/devs') } }))).join('\n')).toContain("statement 'Use', NotPrincipal:");
  });
});

describe('what a template does not tell', () => {
  const template = (Principal: unknown) => said(policy(statement({ Principal })), 'key policy', {});
  const join = (...parts: unknown[]) => ({ 'Fn::Join': ['', parts] });
  const partition = { Ref: 'AWS::Partition' };

  test.each<[string, unknown]>([
    ['a whole principal', { AWS: { 'Fn::GetAtt': ['Role', 'Arn'] } }],
    ['one of several', { AWS: [APP, { Ref: 'Other' }] }],
    ['the list', { AWS: { 'Fn::Split': [',', { Ref: 'Arns' }] } }],
    ['the partition', { AWS: join('arn:', partition, ':iam::111122223333:role/App') }],
    ['the account', { AWS: join('arn:', partition, ':iam::', { Ref: 'AWS::AccountId' }, ':root') }],
    ['the name', { AWS: { 'Fn::Sub': 'arn:${AWS::Partition}:iam::111122223333:role/${Role}' } }],
    ['the Region of a service', { Service: join('logs.', { Ref: 'AWS::Region' }, '.amazonaws.com') }],
    ['the element', { 'Fn::If': ['Strict', '*', { AWS: APP }] }],
  ])('is no reason to refuse: %s', (_, principal) => expect(template(principal)).toEqual([]));

  test.each<[string, unknown, string]>([
    ['a group', { AWS: join('arn:', partition, ':iam::111122223333:group/devs') }, 'is a user group'],
    ['a group with an unknown name', { AWS: join('arn:', partition, ':iam::111122223333:group/', { Ref: 'Group' }) }, 'is a user group'],
    ['a role without a name', { AWS: join('arn:', partition, ':iam::111122223333:role') }, 'names no role'],
    ['a pattern', { AWS: join('arn:', partition, ':iam::', { Ref: 'AWS::AccountId' }, ':role/*') }, 'has a wildcard'],
    ['an account of 9 digits', { AWS: { 'Fn::Sub': 'arn:${AWS::Partition}:iam::111122223:root' } }, 'an account id has 12 digits'],
    ['a function', { AWS: { 'Fn::Sub': 'arn:${AWS::Partition}:lambda:eu-west-1:111122223333:function:app' } }, "is of the service 'lambda'"],
    ['an object with two keys', { AWS: { Ref: 'Role', Other: 1 } }, 'an object is no text'],
  ])('is refused where the rest shows it: %s', (_, principal, message) => expect(template(principal).join('\n')).toContain(message));

  test('is refused where everything has to be written out', () => {
    expect(about({ AWS: { 'Fn::GetAtt': ['Role', 'Arn'] } })).toEqual(["statement 'Use', Principal: an object is no text"]);
    expect(about({ Ref: 'Principal' }).join()).toContain("'Ref' is no kind of principal");
  });

  test('may be a symbol of template reading', () => {
    const symbol = 'unresolved-0123456789abcdef';
    expect(about({ AWS: [symbol, iam(`role/${symbol}`), `arn:aws:iam::${symbol}:root`] })).toEqual([]);
    expect(about({ AWS: iam(`group/${symbol}`) }).join()).toContain('is a user group');
  });
});
