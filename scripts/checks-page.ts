/**
 * docs/checks.md: what every rule of src/checks asks, why, and what to do. The page is made from the rules and never edited.
 *
 *   npx tsx scripts/checks-page.ts            fails if the page is not what the rules say
 *   npx tsx scripts/checks-page.ts --write    writes it
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { listed, RULES } from '../src/checks';
import type { Rule } from '../src/checks';

const PAGE = 'docs/checks.md';

const HEAD = `# Checks

What is checked of every KMS key of an app or a template, whoever wrote its policy. An error is a proved
exposure, or what certainly fails at deployment or run time, and fails synthesis; a warning never does.

<!-- examples/readme/check-an-app.ts -->
\`\`\`ts
${readFileSync('examples/readme/check-an-app.ts', 'utf8')}\`\`\`

The terminal shows where the construct is made, the level, the key and the statement, what is wrong, what
would work, and the id to acknowledge it with.

- Accounts of the app's own stacks are trusted. Others are named in \`trustedAccounts\`.
- \`protectedKeys\` names keys whose loss would be a disaster, by alias, logical id or construct path: KP-09 and
  KP-23 ask more of them.
- A finding is acknowledged on the construct that it is about, with a reason:
  \`Validations.of(key).acknowledge({ id: 'KP-12[Use]', reason: '…' })\`. The id is the rule's with the
  statement's \`Sid\` (or \`#2\`, its position) behind it, where the finding is about a statement; the rule's
  alone, \`KP-24\`, where it is about the key. \`KP-12\` alone acknowledges no statement, and the finding says
  so; nor does anything on a stack, or without a reason.
- The id that CDK prints works on the app, for one finding:
  \`Validations.of(app).acknowledge({ id: 'KmsChecks::KP-12[Orders/Key#Use]', reason: '…' })\`, with hyphens for
  the spaces of a \`Sid\`, as CDK writes them.
- An acknowledgement of which nothing comes is a warning, \`UnusedAcknowledgement\`: its finding is gone, or it
  stands where it does not count. One that stayed would hide what is found there later.
- Findings with one cause are one finding: the others are told as its effects. A key with KMS's default
  policy has one finding at most.
- What the templates do not tell decides too, and no check knows it: grants that exist already, service and
  resource control policies, session policies, VPC endpoint policies.
- aws-cdk-lib validates templates by itself at each synthesis, which takes seconds where these checks take
  milliseconds a key. \`CDK_VALIDATION=false\` leaves it out, and these checks in.
- Before plugins run, some releases of aws-cdk-lib hash every file in \`cdk.out\`, those of old assets too, to see
  that none is changed: up to 2.266.0 again after each plugin and environment, from 2.267.0 to 2.274.0 twice in a
  synthesis with any plugin that is not CDK's own, from 2.275.0 on only with
  \`new App({ confirmValidationPluginsDoNotMutate: true })\`. With gigabytes of old assets that takes minutes
  ([aws-cdk#38614](https://github.com/aws/aws-cdk/issues/38614)): upgrade, or delete \`cdk.out\` before synthesis.
- With cdk-nag, \`new KmsChecksPack(app)\` of \`cdk-keysmith/nag\` is the same as a pack.

`;

function controlsOf({ controls }: Rule): string {
  return listed(controls).join(', ');
}

function sectionOf(rule: Rule): string {
  const { id, name, level, title, why, fix, optional = false } = rule;
  return `## ${id} ${name}\n\n${title}\n\n- **Level**: ${level}${optional ? '; has to be asked for' : ''}\n- **Why**: ${why}\n- **Fix**: ${fix}\n- **Controls**: ${controlsOf(rule)}\n`;
}

/** The page that the rules make. */
export function checksPage(): string {
  const anchor = ({ id, name }: Rule) => `#${`${id} ${name}`.toLowerCase().replace(/ /g, '-')}`;
  const rows = RULES.map((rule) => `| [${rule.id}](${anchor(rule)}) | ${rule.level} | ${rule.title} |`);
  return `${HEAD}| rule | | asks |\n|---|---|---|\n${rows.join('\n')}\n\n${RULES.map(sectionOf).join('\n')}`;
}

if (require.main === module) {
  const page = checksPage();
  if (process.argv.includes('--write')) {
    writeFileSync(PAGE, page);
  } else if (readFileSync(PAGE, 'utf8') !== page) {
    console.error(`${PAGE} is not what the rules say: run \`npx tsx scripts/checks-page.ts --write\``);
    process.exitCode = 1;
  } else {
    console.log(`ok  ${PAGE} says what the ${RULES.length} rules say`);
  }
}
