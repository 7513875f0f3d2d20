/* layout_check.h - the options of one column that contradict each other, or its C type. */
#ifndef CNI_ORM_LAYOUT_CHECK_H
#define CNI_ORM_LAYOUT_CHECK_H

#include "orm/layout.h"

cn_status cni_column_check(
	const cni_layout *layout, const cn_column *column, cn_error *err) CN_MUST_CHECK;

#endif
