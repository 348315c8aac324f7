import { LegacyESLint } from 'eslint/use-at-your-own-risk';

// One existing file of each folder stands for the folder: what is linted is the text given.
const eslint = new LegacyESLint({ cwd: `${__dirname}/..` });

async function complaints(file: string, text: string): Promise<string[]> {
  const [{ messages }] = await eslint.lintText(text, { filePath: file });
  return messages
    .filter(({ fatal, ruleId }) => fatal || ['import/no-restricted-paths', 'no-restricted-imports'].includes(ruleId ?? ''))
    .map(({ message }) => message);
}

describe('arrows point down the map, and the linter says why', () => {
  test.each([
    ['authz judges without CDK', 'src/authz/types.ts', "import 'aws-cdk-lib/aws-kms';\n", 'runs without CDK'],
    ['the run time is handed its KMS client', 'src/runtime/errors.ts', "import '@aws-sdk/client-kms';\n", 'runs without CDK'],
    ['facts import nothing', 'src/spec/limits.ts', "import '../authz/types';\n", 'no reason to change but AWS'],
    ['the run time does not know the judge', 'src/runtime/errors.ts', "import '../authz/types';\n", 'every import costs a cold start'],
    ['a test oracle never ships', 'src/authz/types.ts', "import '@cloud-copilot/iam-simulate';\n", 'test oracle'],
  ])('%s', async (_, file, text, reason) => {
    expect(await complaints(file, text)).toEqual([expect.stringContaining(reason)]);
  });

  test.each([
    ['the run time reads the facts', 'src/runtime/errors.ts', "import '../spec/limits';\n"],
    ['template reading asks for the types of policies', 'src/template/types.ts', "import '../authz/types';\n"],
  ])('%s', async (_, file, text) => {
    expect(await complaints(file, text)).toEqual([]);
  });
});
