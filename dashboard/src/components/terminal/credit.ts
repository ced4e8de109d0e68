/**
 * The browser's half of the terminal's flow control: bytes that the screen has really taken are acknowledged, so that the
 * core never has more than TERMINAL_WINDOW_BYTES on the way. Acknowledging in steps of an eighth of that window keeps the
 * number of control frames small and can never stall: what is owed always stays far below the window.
 */
import { TERMINAL_WINDOW_BYTES } from '@serverbox/contract/terminal';

export const ACK_STEP_BYTES = TERMINAL_WINDOW_BYTES / 8;

interface Credit {
  /** The screen has taken these bytes (from xterm's write callback). */
  taken(bytes: number): void;
}

export const createCredit = (sendAck: (bytes: number) => void): Credit => {
  let owed = 0;
  return {
    taken: (bytes) => {
      owed += bytes;
      if (owed < ACK_STEP_BYTES) return;
      sendAck(owed);
      owed = 0;
    },
  };
};
