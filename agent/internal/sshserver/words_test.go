package sshserver

import (
	"slices"
	"strings"
	"testing"
)

func quote(argv []string) string {
	quoted := make([]string, len(argv))
	for i, word := range argv {
		quoted[i] = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	return strings.Join(quoted, " ")
}

func TestWordsComeBackAsTheyWereQuoted(t *testing.T) {
	for _, argv := range [][]string{
		{"ls"}, {"a", ""}, {"a", "b'c"}, {"a", "'"}, {"a", "''"}, {`a\`, `\'`}, {"echo", "$HOME", "`id`", "$(id)", ";", "|", "&&", "*", "\n", "\t", "é", "\xff"},
	} {
		got, err := parseWords(quote(argv))
		if err != nil || !slices.Equal(got, argv) {
			t.Errorf("%q became %q, %v", argv, got, err)
		}
	}
	if got, err := parseWords(`'a'   'b'`); err != nil || len(got) != 2 {
		t.Errorf("several spaces: %q, %v", got, err)
	}
}

func TestWhateverIsNotQuotedWordsIsRefused(t *testing.T) {
	for _, command := range []string{
		"", " ", "ls", "ls -l", "'ls", "ls'", "'ls' -l", "'ls';'id'", "'ls'\n'id'", "'ls'\t'id'", "'a''b'", `'a'\`, `'a'\'`,
		`\''a'`, `"ls"`, "'ls' ", " 'ls'", "''", "'' 'a'", "'a\x00b'", "$'ls'", "'a' 'b", "'a'b", "'a'#",
	} {
		if argv, err := parseWords(command); err == nil {
			t.Errorf("%q became %q", command, argv)
		}
	}
}

func FuzzParseWords(f *testing.F) {
	f.Add(`'a' 'b'\''c'`)
	f.Add(`'a';'b'`)
	f.Fuzz(func(t *testing.T, command string) {
		argv, err := parseWords(command)
		if err != nil {
			return
		}
		again, err := parseWords(quote(argv))
		if err != nil || !slices.Equal(again, argv) {
			t.Errorf("%q became %q and then %q, %v", command, argv, again, err)
		}
	})
}
