package sshserver

import (
	"bytes"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// openRawPty opens a terminal that changes nothing of what is written to it.
func openRawPty(t *testing.T) (*ptyOutput, *os.File) {
	t.Helper()
	ours, child, err := openPty()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = ours.Close(), child.Close() }) // a test may have closed them
	if err := unix.IoctlSetTermios(int(child.Fd()), unix.TCSETS, &unix.Termios{Cflag: unix.CS8}); err != nil {
		t.Fatal(err)
	}
	output, err := newPtyOutput(ours)
	if err != nil {
		t.Fatal(err)
	}
	return output, child
}

func TestOutputThatWaitsInATerminalIsReadAtOnce(t *testing.T) {
	output, child := openRawPty(t)
	printed := bytes.Repeat([]byte("0123456789abcdef"), 450) // more than one read of the kernel, less than it buffers
	if _, err := child.Write(printed); err != nil {
		t.Fatal(err)
	}
	buffer := make([]byte, copyBuffer)
	n, err := output.Read(buffer)
	if err != nil || !bytes.Equal(buffer[:n], printed) {
		t.Errorf("got %d of %d bytes, %v", n, len(printed), err)
	}
}

func TestASingleCharacterOfATerminalDoesNotWaitForMore(t *testing.T) {
	output, child := openRawPty(t)
	buffer := make([]byte, copyBuffer)
	read := make(chan int, 1)
	go func() {
		n, _ := output.Read(buffer) // an error reads nothing
		read <- n
	}()
	time.Sleep(20 * time.Millisecond) // the reader waits in the poller by now; if not, the test proves a little less
	if _, err := child.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	select {
	case n := <-read:
		if string(buffer[:n]) != "x" {
			t.Errorf("got %q", buffer[:n])
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the reader waits")
	}
}

func TestATerminalWhoseLastProgramWentIsReadToItsEnd(t *testing.T) {
	output, child := openRawPty(t)
	if _, err := child.Write([]byte("last words")); err != nil {
		t.Fatal(err)
	}
	if err := child.Close(); err != nil {
		t.Fatal(err)
	}
	buffer := make([]byte, copyBuffer)
	if n, err := output.Read(buffer); err != nil || string(buffer[:n]) != "last words" {
		t.Errorf("got %q, %v", buffer[:n], err)
	}
	if n, err := output.Read(buffer); n != 0 || err == nil {
		t.Errorf("after the end: %d bytes, %v", n, err)
	}
}

func TestAReadOfATerminalIsGivenUpAtItsDeadline(t *testing.T) {
	output, _ := openRawPty(t)
	if err := output.SetReadDeadline(time.Now().Add(20 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if n, err := output.Read(make([]byte, copyBuffer)); n != 0 || err == nil {
		t.Errorf("%d bytes, %v", n, err)
	}
}
