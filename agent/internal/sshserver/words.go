package sshserver

import (
	"errors"
	"strings"
)

var errWords = errors.New(`a command is words in single quotes: 'a' 'b'\''c'`)

// parseWords reads the one form in which a command may arrive: every word in single quotes, a quote inside a word as
// in errWords, spaces between words. No shell ever sees it; whatever a shell would expand is taken literally inside
// the quotes and refused outside.
//
//	command = word *( 1*SP word )
//	word    = quoted *( BACKSLASH QUOTE quoted )
//	quoted  = QUOTE *( any byte but QUOTE and NUL ) QUOTE
func parseWords(command string) ([]string, error) {
	var argv []string
	rest := command
	for {
		word, after, err := parseWord(rest)
		if err != nil {
			return nil, err
		}
		argv = append(argv, word)
		rest = strings.TrimLeft(after, " ")
		if rest == "" {
			return checkArgv(argv, after)
		}
		if rest == after { // something follows the quote without a space
			return nil, errWords
		}
	}
}

func parseWord(text string) (word, rest string, err error) {
	var out strings.Builder
	for {
		after, found := strings.CutPrefix(text, "'")
		if !found {
			return "", "", errWords
		}
		quoted, tail, found := strings.Cut(after, "'")
		if !found {
			return "", "", errWords
		}
		out.WriteString(quoted)
		next, found := strings.CutPrefix(tail, `\'`)
		if !found {
			return out.String(), tail, nil
		}
		out.WriteByte('\'')
		text = next
	}
}

func checkArgv(argv []string, tail string) ([]string, error) {
	if tail != "" || argv[0] == "" {
		return nil, errWords
	}
	for _, word := range argv {
		if strings.ContainsRune(word, 0) {
			return nil, errWords
		}
	}
	return argv, nil
}
