import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { parseArgs } from 'node:util';
import { KilnError, toKilnError } from '../../src/base/errors.ts';
import type { OutputFile } from '../../src/kiln/record/check-output-files.ts';
import { runReport } from '../../src/kiln/record/run-report.ts';
import { type RecordCheck, verifyRecord } from '../../src/kiln/record/verify-record.ts';
import { MAX_RUN_FILE_BYTES } from '../../src/protocol/run-record.ts';
import type { Command } from './command.ts';
import { describeCheck } from './describe-check.ts';

const HELP = `kiln verify-record FILE [--outputs FOLDER] [--json]

Checks the signed record of a run offline: every signature, every digest against
the commitment that its provider signed, the check policy, the vouchers.

  --outputs FOLDER  also holds output files against the record: FOLDER/task-N/PATH
                    (N counted from 0), as the ZIP of a "files" job unpacks
  --json            prints what was found, and the run as a report, as JSON;
                    there tasks are counted from 0, in words from 1

Exit code 0: everything holds. 1: something does not, or the file cannot be read.
`;

/** `kiln verify-record`. */
export const verifyRecordCommand: Command = {
  name: 'verify-record',
  summary: 'checks the signed record of a run offline',
  help: HELP,
  async run(args) {
    const { file, outputs, isJson } = readFlags(args);
    const check = await verify(readRecord(file), outputs === undefined ? [] : readOutputs(outputs));
    console.log(isJson ? toJson(check) : describeCheck(check));
    return check.findings.length === 0 ? 0 : 1;
  },
};

function readFlags(args: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { outputs: { type: 'string' }, json: { type: 'boolean', default: false } },
    });
    const [file, ...more] = positionals;
    if (file === undefined || more.length > 0) throw new Error('It takes one file.');
    const from = process.env['INIT_CWD'] ?? process.cwd();
    const outputs = values.outputs === undefined ? undefined : resolve(from, values.outputs);
    return { file: resolve(from, file), outputs, isJson: values.json };
  } catch (cause) {
    throw new KilnError('cli/bad-flags', cause instanceof Error ? cause.message : String(cause), {
      cause,
      hint: 'kiln verify-record --help says what it takes.',
    });
  }
}

function readRecord(file: string): Uint8Array {
  try {
    if (statSync(file).size <= MAX_RUN_FILE_BYTES + 1_024) return new Uint8Array(readFileSync(file));
  } catch (cause) {
    throw new KilnError('cli/no-file', `The file ${file} cannot be read.`, {
      cause,
      hint: 'Name the file that "Save the signed record" wrote.',
    });
  }
  throw new KilnError('cli/too-large', `The file ${file} is larger than a record can be.`, {
    data: { maxBytes: MAX_RUN_FILE_BYTES },
    hint: 'Name the file that "Save the signed record" wrote.',
  });
}

async function verify(file: Uint8Array, outputs: readonly OutputFile[]): Promise<RecordCheck> {
  try {
    return await verifyRecord(file, outputs);
  } catch (thrown) {
    const { code, message } = toKilnError(thrown);
    if (code === 'envelope/bad-signature') {
      throw new KilnError('cli/not-signed', 'The record was changed after it was signed.', {
        cause: thrown,
        hint: 'Ask its requestor for the file as it wrote it. Nothing in this one can be relied on.',
      });
    }
    throw new KilnError('cli/no-record', `This file is no record of a run: ${message}`, {
      cause: thrown,
      hint: 'Name the file that "Save the signed record" wrote.',
    });
  }
}

/** Output files below `task-N` folders, however deep those lie. */
function readOutputs(folder: string): OutputFile[] {
  let names: string[];
  try {
    names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch (cause) {
    throw new KilnError('cli/no-folder', `The folder ${folder} cannot be read.`, {
      cause,
      hint: 'Name the folder that holds task-0, task-1 and so on.',
    });
  }
  const files = names.flatMap((name) => {
    const parts = relative('.', name).split(sep);
    const at = parts.findIndex((part) => /^task-\d+$/.test(part));
    const path = parts.slice(at + 1).join('/');
    if (at < 0 || path === '' || !statSync(join(folder, name)).isFile()) return [];
    return [{ task: Number(parts[at]!.slice('task-'.length)), path, name }];
  });
  if (files.length > 0)
    return files.map(({ task, path, name }) => ({ task, path, bytes: readFileSync(join(folder, name)) }));
  throw new KilnError('cli/no-outputs', `The folder ${folder} holds no outputs of tasks.`, {
    hint: 'They lie in folders named task-0, task-1 and so on.',
  });
}

function toJson({ record, findings, refuted, checked }: RecordCheck): string {
  return JSON.stringify({ findings, refuted, checked, report: runReport(record, 'GLM') }, undefined, 2);
}
