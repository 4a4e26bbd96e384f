package main

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/sistem48/system48/storage/blob"
)

// withPassword puts a password into a database URL that names a user.
func withPassword(raw, password string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return "", withCode(exitConfig, fmt.Errorf("database.url: %w", err))
	}
	u.User = url.UserPassword(u.User.Username(), password)
	return u.String(), nil
}

// s3 makes the bucket's settings of blobs.url s3://BUCKET[/PREFIX] and the keys
// beside it.
func (c BlobsConfig) s3() (blob.S3Config, error) {
	rest, ok := strings.CutPrefix(c.URL, "s3://")
	if !ok {
		return blob.S3Config{}, fmt.Errorf("blobs.url %q begins with neither file: nor s3://", c.URL)
	}
	bucket, prefix, _ := strings.Cut(rest, "/")
	if prefix != "" && !strings.HasSuffix(prefix, "/") {
		prefix += "/"
	}
	endpoint, err := url.Parse(c.Endpoint)
	if err != nil || endpoint.Host == "" {
		return blob.S3Config{}, fmt.Errorf("blobs.endpoint %q is not an address like https://s3.grad.example", c.Endpoint)
	}
	cfg := blob.S3Config{
		Endpoint: endpoint.Host, Insecure: endpoint.Scheme == "http", Region: c.Region, Bucket: bucket, Prefix: prefix,
	}
	if cfg.AccessKey, err = readSecret(c.AccessKeyFile); err != nil {
		return cfg, err
	}
	cfg.SecretKey, err = readSecret(c.SecretKeyFile)
	return cfg, err
}
