// A token with nothing but Go's standard library: go run token.go [APP/TENANT@ENVIRONMENT]. Token is there to be copied.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"
)

// Answer is that of RFC 6749 section 5.1; ExpiresIn is what is left.
type Answer struct {
	AccessToken string `json:"access_token"`
	ExpiresIn   int    `json:"expires_in"`
	Scope       string `json:"scope"`
	Connection  string `json:"connection"`
	AppKey      string `json:"app_key"`
	Error       string `json:"error"`
	Description string `json:"error_description"`
}

func socketPath() string {
	directory := os.Getenv("JETON_SOCKET_DIR")
	if directory == "" && os.Getenv("XDG_RUNTIME_DIR") != "" {
		directory = filepath.Join(os.Getenv("XDG_RUNTIME_DIR"), "jeton")
	}
	path := filepath.Join(directory, "token.sock")
	if _, err := os.Stat(path); directory == "" || err != nil {
		return "/run/jeton/token.sock"
	}
	return path
}

var client = &http.Client{
	Timeout: 20 * time.Second,
	Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var dialer net.Dialer
			return dialer.DialContext(ctx, "unix", socketPath())
		},
	},
}

// Token asks for a token of the connection, or of the default binding where it is empty.
func Token(connection string) (Answer, error) {
	form := url.Values{"grant_type": {"client_credentials"}}
	if connection != "" {
		form.Set("connection", connection)
	}
	var answer Answer
	response, err := client.PostForm("http://localhost/token", form)
	if err != nil {
		return answer, err
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return answer, err
	}
	if response.StatusCode != http.StatusOK {
		return answer, fmt.Errorf("%s: %s", answer.Error, answer.Description)
	}
	return answer, nil
}

func main() {
	connection := ""
	if len(os.Args) > 1 {
		connection = os.Args[1]
	}
	answer, err := Token(connection)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(answer.AccessToken)
}
