import { readdir, readFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { codedError } from "../../checks/coded-error.js";
import type { HoldfastError } from "../../index.js";
import type { OutboxOwner } from "./report.js";

// Stand-in: `store/lock.ts` knows how a folder is claimed, and should say whose it is.

/** The process that has an outbox open; undefined: none. Changes nothing. */
export async function ownerOf(folder: string): Promise<OutboxOwner | undefined> {
  const names = await readdir(folder).catch((): string[] => []);
  const claims = names
    .map((name) => Number(/^owner-([1-9]\d{0,14})$/.exec(name)?.[1] ?? 0))
    .sort((a, b) => b - a);
  if ((claims[0] ?? 0) === 0) return undefined;
  try {
    const text = await readFile(join(folder, `owner-${claims[0]}`), "utf8");
    const { socket, pid, host } = JSON.parse(text) as { socket: string; pid: number; host: string };
    if (!/^[0-9a-f]{16}\.sock$/.test(socket) || !(await listens(join(folder, socket)))) return undefined;
    return { pid: Number(pid), host: String(host) };
  } catch {
    return undefined;
  }
}

function listens(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", ({ code }: NodeJS.ErrnoException) => resolve(code === "EAGAIN"));
  });
}

/** Refused, because a process has the outbox. */
export function ownedBy({ pid, host }: OutboxOwner, path: string): HoldfastError {
  return codedError("OUTBOX_IN_USE", `outbox ${path} is in use by process ${pid} on ${host}`, {
    operation: "lock",
    path,
  });
}
