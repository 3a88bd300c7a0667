import { covers, overlaps } from "./subject.js";

/** Subjects with wildcards. What `deny` covers is not permitted; of the rest, all or what `allow` covers is. */
export interface SubjectPermissions {
  /** Default: everything. */
  readonly allow?: readonly string[];
  /** Default: nothing. */
  readonly deny?: readonly string[];
}

/** What clients may do, as in a nats-server's `permissions`. Default of each: everything. */
export interface Permissions {
  /** Subjects that clients may publish to. */
  readonly publish?: SubjectPermissions;
  /** Subjects, and patterns, that clients may subscribe to. */
  readonly subscribe?: SubjectPermissions;
}

/** Whether a subject, or a pattern as a whole, is permitted. */
export function permits(permissions: SubjectPermissions | undefined, subject: string): boolean {
  if (permissions === undefined) return true;
  const { allow, deny } = permissions;
  if (allow !== undefined && !allow.some((pattern) => covers(pattern, subject))) return false;
  return deny === undefined || !deny.some((pattern) => covers(pattern, subject));
}

/** Whether some of what a pattern covers is denied: each message must be looked at. */
export function isPartlyDenied(permissions: SubjectPermissions | undefined, pattern: string): boolean {
  return permissions?.deny?.some((denied) => overlaps(denied, pattern)) ?? false;
}
