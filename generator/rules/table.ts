// Every rule, in the order in which they are reported.
import { backupInsideItself, databaseFilesCaptured, sharedDirectory } from './directories.ts';
import { alertsLater, drillLater, failoverLater } from './later.ts';
import { twoLocations } from './locations.ts';
import { oplogTooSmall, oplogWithoutReserve } from './oplog.ts';
import { exchangeableInstruction, exchangeableProgram } from './own-release.ts';
import { configurationRecoveryPoint, databaseRecoveryPoint, uploadsRecoveryPoint } from './recovery-point.ts';
import { anyHostIsBelieved, diskOfItsOwn, idleSetting, missingAddress, mixedVariables, plaintextRemote, samePlace, sameRemoteName, unencryptedRemote } from './remotes.ts';
import { chainRetention } from './retention.ts';
import type { Rule } from './rule.ts';
import { cronZone, eitherDay, manySets, oftenByTimer, sameMinute } from './schedules.ts';
import { hugePages, memberElsewhere, mongodElsewhere, redisElsewhere, replicaSetMismatch, serverElsewhere, untriedLogin } from './servers.ts';

export const rules: readonly Rule[] = [
  databaseRecoveryPoint,
  uploadsRecoveryPoint,
  configurationRecoveryPoint,
  chainRetention,
  oplogTooSmall,
  oplogWithoutReserve,
  sameMinute,
  eitherDay,
  cronZone,
  oftenByTimer,
  manySets,
  backupInsideItself,
  databaseFilesCaptured,
  sharedDirectory,
  exchangeableProgram,
  exchangeableInstruction,
  replicaSetMismatch,
  serverElsewhere,
  mongodElsewhere,
  untriedLogin,
  memberElsewhere,
  redisElsewhere,
  hugePages,
  twoLocations,
  unencryptedRemote,
  plaintextRemote,
  sameRemoteName,
  mixedVariables,
  samePlace,
  idleSetting,
  missingAddress,
  anyHostIsBelieved,
  diskOfItsOwn,
  drillLater,
  alertsLater,
  failoverLater,
];
