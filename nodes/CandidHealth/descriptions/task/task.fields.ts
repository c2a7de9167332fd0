import type { PickFields } from '../../request/simplify';

/** No names of patients. */
export const taskFields: PickFields = (task) => ({
	task_id: task.task_id,
	encounter_id: task.encounter_id,
	external_id: task.external_id,
	patient_external_id: task.patient_external_id,
	task_type: task.task_type,
	category: task.category,
	status: task.status,
	description: task.description,
	date_of_service: task.date_of_service,
	updated_at: task.updated_at,
});
