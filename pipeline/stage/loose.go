package stage

import (
	"bufio"
	"io"
	"os"

	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"secondaryuse/pipeline/guard"
)

// Loose yields the pages of a Parquet file, unpacked, as far as they follow one
// another from its beginning, and returns how many there are. It needs no footer,
// which a part that was being written when its run died has not got. What cannot be
// unpacked is yielded as it is. A page is valid until yield returns.
func Loose(path string, yield func(page []byte)) (n int, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	unzstd, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return 0, err
	}
	defer unzstd.Close()
	r := bufio.NewReaderSize(f, 1<<20)
	if _, err := r.Discard(4); err != nil {
		return 0, nil
	}
	for {
		page, ok := loosePage(r, unzstd)
		if !ok {
			return n, nil
		}
		yield(page)
		n++
	}
}

// largest is more than any page that a run writes.
const largest = 1 << 28

func loosePage(r *bufio.Reader, unzstd *zstd.Decoder) (page []byte, ok bool) {
	var h format.PageHeader
	err := guard.Try(func() error { return thrift.NewDecoder(new(thrift.CompactProtocol).NewReader(r)).Decode(&h) })
	if err != nil || h.CompressedPageSize <= 0 || h.UncompressedPageSize <= 0 || h.CompressedPageSize > largest {
		return nil, false
	}
	body := make([]byte, h.CompressedPageSize)
	got, err := io.ReadFull(r, body)
	if err != nil && got == 0 {
		return nil, false
	}
	body = body[:got]
	if v := h.DataPageHeaderV2; v.Valid {
		body = body[min(len(body), max(0, int(v.V.RepetitionLevelsByteLength+v.V.DefinitionLevelsByteLength))):]
	}
	if n, err := snappy.DecodedLen(body); err == nil && n <= largest {
		if unpacked, err := snappy.Decode(nil, body); err == nil {
			return unpacked, true
		}
	}
	if unpacked, err := unzstd.DecodeAll(body, nil); err == nil {
		return unpacked, true
	}
	return body, true
}
