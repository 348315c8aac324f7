import { fileWith, keysmith } from './support/console';
import { GOOD } from './support/templates';

const LONG = GOOD.replace('Type: AWS::IAM::Role\n    Properties:', `Type: AWS::IAM::Role\n    Properties:\n      Path: /${'long-path-of-a-team/'.repeat(4)}`);

describe('what keysmith local prints is to be pasted: ', () => {
  test.each([[80], [40]])('each line in %d columns is a comment, or an export in one piece', async (columns) => {
    const { status, out } = await keysmith(['local', fileWith(LONG, `${'long-name-'.repeat(8)}.yaml`)], { columns });
    expect(status).toBe(0);
    for (const line of out.split('\n')) expect(line).toMatch(/^(#.*|export (AWS_\w+='?[^'\s]+'?\s?)+)?$/);
  });

  test('ARNs are in one piece, however long', async () => {
    const { out } = await keysmith(['local', fileWith(LONG)]);
    expect(out).toMatch(/^# +arn:aws:iam::111122223333:role\/(long-path-of-a-team\/){4}template-Reader-\w+$/m);
  });

  test('without keys and roles, the Region of all clients', async () => {
    const { out } = await keysmith(['local', fileWith('Resources: {}')]);
    expect(out).toMatch(/^export AWS_DEFAULT_REGION=us-east-1$/m);
    expect(out).not.toContain('\n\n\n');
  });

  test('--as deployer of a template says who that is, and what to give', async () => {
    const { status, err } = await keysmith(['local', '--as', 'deployer', fileWith(GOOD)]);
    expect(status).toBe(2);
    expect(err.replace(/\s+/g, ' ')).toContain("'deployer' is the role that CloudFormation deploys with");
  });
});
