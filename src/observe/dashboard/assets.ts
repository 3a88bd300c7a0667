import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { canAnswer, sendFailure } from "../http/respond.js";
import { PAGE_POLICY, type PageFile } from "../page/files.js";
import { sendUnknown } from "./answers.js";
import { Compressed } from "./compressed.js";

/** A file in memory. */
interface Asset {
  readonly body: Compressed;
  readonly etag: string;
}

/** The files of the page: those of a list and no others, each read when it is asked for first. */
export class Assets {
  /** By the path of their URL. */
  private readonly files: ReadonlyMap<string, PageFile>;
  private readonly read = new Map<PageFile, Promise<Asset>>();

  constructor(files: readonly PageFile[]) {
    this.files = new Map(files.map((file) => [`/${file.path}`, file]));
  }

  get paths(): readonly string[] {
    return [...this.files.keys()];
  }

  async answer(req: IncomingMessage, res: ServerResponse, path: string): Promise<void> {
    const file = this.files.get(path);
    if (file === undefined) return sendUnknown(req, res, "path");
    let asset: Asset;
    try {
      asset = await this.assetOf(file);
    } catch {
      return sendFailure(req, res, "a file of the page is missing: the package is not complete");
    }
    const headers = {
      "Content-Security-Policy": PAGE_POLICY,
      "Cross-Origin-Resource-Policy": "same-origin",
      "Referrer-Policy": "no-referrer",
      // Kept, and asked for again: a page and its scripts of two versions would not understand each other.
      "Cache-Control": "no-cache",
      ETag: asset.etag,
    };
    if (!isKept(req, asset.etag)) return asset.body.send(req, res, headers);
    if (!canAnswer(res)) return;
    res.writeHead(304, { ...headers, Vary: "Accept-Encoding" });
    res.end();
  }

  private assetOf(file: PageFile): Promise<Asset> {
    let found = this.read.get(file);
    if (found === undefined) {
      found = readFile(file.file).then((bytes) => ({
        body: new Compressed(file.type, bytes),
        etag: `W/"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"`,
      }));
      this.read.set(file, found);
      // What could not be read now may be there later.
      found.catch(() => this.read.delete(file));
    }
    return found;
  }
}

/** Whether the client has it already. */
function isKept(req: IncomingMessage, etag: string): boolean {
  const kept = req.headers["if-none-match"];
  return kept?.split(",").some((part) => part.trim() === etag || part.trim() === "*") ?? false;
}
