export { type Account, type AccountOptions, Operator } from "./auth/operator.js";
export type { User, UserOptions } from "./auth/user.js";
export type { Permissions, SubjectPermissions } from "./broker/permissions.js";
export {
  CertificateAuthority,
  type CertificateAuthorityOptions,
  type IssuedCertificate,
  type IssueOptions,
  type Validity,
} from "./certificates/authority.js";
export { NatsCluster, type NatsClusterOptions } from "./cluster.js";
export type { TestClusterOptions } from "./embedded/cluster-options.js";
export type { TestServerConnection, TestServerOptions, TestServerReload } from "./embedded/options.js";
export { startCluster } from "./embedded/start-cluster.js";
export { startServer } from "./embedded/start-server.js";
export { TestCluster } from "./embedded/test-cluster.js";
export { TestServer } from "./embedded/test-server.js";
export {
  FaultProxy,
  FaultProxyError,
  type FaultProxyErrorCode,
  type FaultProxyOptions,
  type FaultProxyStats,
  type LinkEnd,
  type ProxyLink,
  type Toxic,
} from "./fault-proxy.js";
export { History } from "./history/history.js";
export { describeVerdict, type Verdict, wrongIn } from "./history/verdict.js";
export type * from "./proxy/toxics.js";
export {
  type ClientTls,
  NatsServer,
  NatsServerError,
  type NatsServerErrorCode,
  type NatsServerOptions,
  type NatsServerTls,
  type NatsServerWebsocket,
} from "./server.js";
