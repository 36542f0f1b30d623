package stage

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"secondaryuse/pipeline/guard"
)

// Loose yields the pages of a Parquet file, unpacked, as far as they follow one
// another from its beginning, and returns how many there are. It needs no footer,
// which a part that was being written when its run died has not got. What cannot be
// unpacked is yielded as it is, and is an error unless it is the last and was cut off. A
// page is valid until yield returns.
func Loose(path string, yield func(page []byte)) (n int, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	unzstd, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(largest))
	if err != nil {
		return 0, err
	}
	defer unzstd.Close()
	r := bufio.NewReaderSize(f, 1<<20)
	if _, err := r.Discard(4); err != nil {
		return 0, nil
	}
	for {
		page, known, ok := loosePage(r, unzstd)
		if !ok {
			return n, err
		}
		yield(page)
		if n++; !known {
			err = errors.New("a page of it cannot be unpacked")
		}
	}
}

// largest is more than any page that a run writes.
const largest = 1 << 28

// loosePage reads a page. known says that it was unpacked, or cut off.
func loosePage(r *bufio.Reader, unzstd *zstd.Decoder) (page []byte, known, ok bool) {
	var h format.PageHeader
	err := guard.Try(func() error { return thrift.NewDecoder(new(thrift.CompactProtocol).NewReader(r)).Decode(&h) })
	if err != nil || h.CompressedPageSize <= 0 || h.UncompressedPageSize <= 0 || h.CompressedPageSize > largest {
		return nil, false, false
	}
	body, err := io.ReadAll(io.LimitReader(r, int64(h.CompressedPageSize)))
	if err != nil || len(body) == 0 {
		return nil, false, false
	}
	cut := len(body) < int(h.CompressedPageSize)
	if v := h.DataPageHeaderV2; v.Valid {
		levels := min(len(body), max(0, int(v.V.RepetitionLevelsByteLength)+int(v.V.DefinitionLevelsByteLength)))
		body = body[levels:]
		h.UncompressedPageSize -= int32(levels)
	}
	page = loosened(body, int(h.UncompressedPageSize), unzstd)
	if page == nil {
		return body, cut || len(body) == int(h.UncompressedPageSize), true
	}
	return page, true, true
}

// loosened unpacks what is as long as size then. It is nil where that cannot be done.
func loosened(body []byte, size int, unzstd *zstd.Decoder) []byte {
	if n, err := snappy.DecodedLen(body); err == nil && n <= largest {
		if out, err := snappy.Decode(nil, body); err == nil {
			return out
		}
	}
	if out, err := unzstd.DecodeAll(body, nil); err == nil && len(body) > 0 {
		return out
	}
	if z, err := gzip.NewReader(bytes.NewReader(body)); err == nil {
		if out, err := io.ReadAll(io.LimitReader(z, largest)); err == nil && len(out) == size {
			return out
		}
	}
	return nil
}
