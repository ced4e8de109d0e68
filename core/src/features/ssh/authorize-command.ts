/** The line that a person pastes on a node, so that the core's key is let in there. */

const FILE = '~/.ssh/authorized_keys';
/** The key is written by us: type, base64, comment. No character of it is special to a shell, quoted or not. */
const KEY = /^[a-z0-9-]+ [A-Za-z0-9+/=]+$/;

/**
 * For any POSIX shell, as the user who is to be logged in as. May be run again: the line is there once. Directory and file
 * are made for the user alone, or sshd would ignore them; a last line without an end is not continued.
 */
export const authorizeCommand = (publicKeyLine: string): string => {
  if (!KEY.test(publicKeyLine)) throw new Error('a stored public key is not of the form "type base64"');
  const key = `'${publicKeyLine} serverbox'`;
  const append = `printf '\\n%s\\n' ${key} >> ${FILE}`;
  return `(umask 077; mkdir -p ~/.ssh && touch ${FILE} && { grep -qxF ${key} ${FILE} || ${append}; })`;
};
