/** `holdfast/doctor`: what is wrong with servers, or the way to them, as seen from here. */
export { type DescribeReportOptions, describeReport } from "./describe.js";
export { doctor } from "./doctor.js";
export type { DoctorOptions, DoctorProgress } from "./options.js";
export type {
  DoctorFinding,
  DoctorMonitor,
  DoctorProbe,
  DoctorReport,
  DoctorServer,
  DoctorVerdict,
  EndedConnections,
  MonitorAnswer,
  MonitorEndpoint,
  SeenConnection,
  SeenJetStream,
  SeenServer,
} from "./report.js";
