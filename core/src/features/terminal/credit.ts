/** How much output is on its way to a screen. Pure: bytes in, decisions out. */
export interface Credit {
  sent(bytes: number): void;
  /** What the screen has taken. False when it claims more than it was sent: such a client invents its acknowledgements. */
  acknowledge(bytes: number): boolean;
  readonly isSpent: boolean;
  readonly unacknowledgedBytes: number;
}

export const createCredit = (windowBytes: number): Credit => {
  let unacknowledgedBytes = 0;
  return {
    sent: (bytes) => {
      unacknowledgedBytes += bytes;
    },
    acknowledge: (bytes) => {
      if (bytes > unacknowledgedBytes) return false;
      unacknowledgedBytes -= bytes;
      return true;
    },
    get isSpent() {
      return unacknowledgedBytes >= windowBytes;
    },
    get unacknowledgedBytes() {
      return unacknowledgedBytes;
    },
  };
};
