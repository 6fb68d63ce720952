import type { Cid } from '../../base/cid.ts';
import type { DeliverableFile, Kiln } from '../../kiln/kiln.ts';
import { ActionState } from '../parts/action-state.svelte.ts';

/** A finished job's files, put together once, and the addresses under which the page shows the video or picture. */
export class DeliverableState {
  files = $state.raw<readonly DeliverableFile[]>();
  videoUrl = $state<string>();
  pictureUrl = $state<string>();
  readonly assemble = new ActionState();
  readonly #kiln: Kiln;
  readonly #job: Cid;

  constructor(kiln: Kiln, job: Cid) {
    this.#kiln = kiln;
    this.#job = job;
  }

  /** Puts the verified results together; does nothing when that is done or under way. */
  async load(): Promise<void> {
    if (this.files !== undefined || this.assemble.isBusy) return;
    const files = await this.assemble.run((signal) =>
      this.#kiln.requestor.assemble(this.#job, {
        signal,
        onProgress: (done) => (this.assemble.done = done),
      }),
    );
    if (files === undefined) return;
    this.files = files;
    this.videoUrl = addressOf(files, 'video/');
    this.pictureUrl = addressOf(files, 'image/png');
  }

  /** Stops the assembly and frees what is shown. */
  stop(): void {
    this.assemble.stop();
    for (const url of [this.videoUrl, this.pictureUrl]) if (url !== undefined) URL.revokeObjectURL(url);
  }
}

/** An address for the first file of this media type. */
function addressOf(files: readonly DeliverableFile[], mediaType: string): string | undefined {
  const file = files.find((each) => each.mediaType.startsWith(mediaType));
  return file === undefined
    ? undefined
    : URL.createObjectURL(new Blob([file.bytes], { type: file.mediaType }));
}
