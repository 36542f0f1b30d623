package extract

import (
	"context"
	"os"
	"time"

	"secondaryuse/marts/snapshot"
)

// still refuses an extract of which anything that it stands on has changed since it was
// begun: it takes its time, in which people withdraw, projects end and approvals are
// taken back.
func (b *basis) still(ctx context.Context) error {
	now := &basis{Order: b.Order, register: b.register}
	now.Now = b.Now.Add(time.Since(b.began))
	if err := now.openProject(ctx); err != nil {
		return err
	}
	if now.project.Digest() != b.project.Digest() {
		return refused("the project %s was changed while its extract was made; next: ohc-marts extract %s", b.Project, b.Project)
	}
	if folder, _, err := snapshot.Current(b.Egress.Marts); err != nil || folder != b.folder {
		return refused("a newer snapshot was published while the extract was made; next: ohc-pipeline eligible, then ohc-marts extract %s", b.Project)
	}
	list, err := os.Stat(b.Egress.Eligible.File)
	if err != nil || !os.SameFile(list, b.list) || list.Size() != b.list.Size() || !list.ModTime().Equal(b.list.ModTime()) {
		return refused("the list of who may be used is another than when the extract was begun; next: ohc-marts extract %s", b.Project)
	}
	return b.eligible.Fits(b.snapshot.ID, b.snapshot.Domain, b.snapshot.Purpose, now.Now, time.Duration(b.Egress.Eligible.MaxAge))
}
