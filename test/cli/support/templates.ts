/** A key that is used as it should be: with a context, by one role, under its administrators. */
export const GOOD = `
Parameters:
  Partner: { Type: String, Default: "111122223333" }
Resources:
  Key:
    Type: AWS::KMS::Key
    DeletionPolicy: Retain
    Properties:
      EnableKeyRotation: true
      KeyPolicy:
        Version: 2012-10-17
        Statement:
          - Sid: Administer
            Effect: Allow
            Principal: { AWS: !Sub "arn:aws:iam::\${AWS::AccountId}:root" }
            Action: [kms:DescribeKey, kms:GetKeyPolicy, kms:PutKeyPolicy, kms:EnableKey]
            Resource: "*"
          - Sid: Read
            Effect: Allow
            Principal: { AWS: !GetAtt Reader.Arn }
            Action: kms:Decrypt
            Resource: "*"
            Condition:
              StringEquals: { "kms:EncryptionContext:tenant": a }
  Alias:
    Type: AWS::KMS::Alias
    Properties: { AliasName: alias/orders, TargetKeyId: !Ref Key }
  Reader:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: 2012-10-17
        Statement: [{ Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: sts:AssumeRole }]
`;

/** The statement that lets in everybody but one, with every action but one. */
export const BAD = `
Resources:
  Key:
    Type: AWS::KMS::Key
    DeletionPolicy: Retain
    Properties:
      EnableKeyRotation: true
      KeyPolicy:
        Version: 2012-10-17
        Statement:
          - Sid: Root
            Effect: Allow
            Principal: { AWS: !Sub "arn:aws:iam::\${AWS::AccountId}:root" }
            Action: kms:*
            Resource: "*"
          - Effect: Allow
            NotPrincipal: { AWS: arn:aws:iam::111122223333:user/joe }
            NotAction: [kms:PutKeyPolicy]
            Resource: "*"
`;

/** A warning and nothing else of errors. */
export const WARNED = GOOD.replace('!GetAtt Reader.Arn', 'arn:aws:iam::111122223333:user/joe');
