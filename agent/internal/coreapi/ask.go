package coreapi

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// LongPolling is a client for questions that the core answers only after a while. It shares nothing with the one it comes from.
func (c *Client) LongPolling(patience time.Duration) *Client {
	copied := *c
	client := *c.HTTP
	if transport, ok := c.HTTP.Transport.(*http.Transport); ok {
		own := transport.Clone()
		own.ResponseHeaderTimeout = patience
		own.MaxIdleConnsPerHost = 2
		client.Transport = own
	}
	copied.HTTP = &client
	return &copied
}

// Question is one request of an agent that has an identity. Call Prove before the first: the credential is a secret.
type Question struct {
	Method, Path string
	Credential   string
	Version      string
	Body         any // nil for none
	Patience     time.Duration
}

// Ask sends the question and reads the reply. A refusal is a *StatusError.
func (c *Client) Ask(ctx context.Context, question Question, into any) error {
	ctx, cancel := context.WithTimeout(ctx, question.Patience)
	defer cancel()
	var body io.Reader
	if question.Body != nil {
		encoded, err := json.Marshal(question.Body)
		if err != nil {
			return fmt.Errorf("ask %s: %w", question.Path, err)
		}
		body = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(ctx, question.Method, c.BaseURL+question.Path, body)
	if err != nil {
		return fmt.Errorf("ask %s: %w", question.Path, err)
	}
	request.Header.Set("Authorization", "Bearer "+question.Credential)
	request.Header.Set("User-Agent", "serverbox-agent/"+question.Version)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if _, err := c.send(request, maxJobBytes, into); err != nil {
		return fmt.Errorf("ask %s: %w", question.Path, err)
	}
	return nil
}
