// aws-cdk-lib's CloudFormation validator takes seconds and 360 MB for each app: on only where it is the subject.
process.env.CDK_VALIDATION = 'false';
