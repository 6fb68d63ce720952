import type { Cid } from '../base/cid.ts';
import type { DeliverableFile, Kiln } from '../kiln/kiln.ts';
import { ActionState } from './action-state.svelte.ts';

/** A finished job's files, put together once, and the address under which the page plays the video. */
export class DeliverableState {
  files = $state.raw<readonly DeliverableFile[]>();
  videoUrl = $state<string>();
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
    const video = files.find((file) => file.mediaType.startsWith('video/'));
    if (video !== undefined) {
      this.videoUrl = URL.createObjectURL(new Blob([video.bytes], { type: video.mediaType }));
    }
  }

  /** Stops the assembly and frees the video. */
  stop(): void {
    this.assemble.stop();
    if (this.videoUrl !== undefined) URL.revokeObjectURL(this.videoUrl);
  }
}
