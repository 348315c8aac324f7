import { awscdk } from 'projen';

/** The commands a newcomer, CI and a benchmark run. */
export function programs(project: awscdk.AwsCdkConstructLibrary): void {
  project.addTask('demo', {
    description: 'The whole idea on one application, without an AWS account',
    exec: 'tsx --tsconfig examples/tsconfig.json examples/invoices/demo.ts',
    env: { CDK_VALIDATION: 'false' },
    receiveArgs: true,
  });
}
